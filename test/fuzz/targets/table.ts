import { certificatesOfTable, collateralFrom, parseCertificateTable } from "#attestation";
import { fakeCrl, fakeEvidence } from "../../lib/attestation/fake-processor.ts";
import { accepted, type FuzzTarget, hold, same } from "../target.ts";
import { pemOf } from "./pem.ts";

const guids = {
  VCEK: "63da758de6644564adc5f4b93be8accd",
  ASK: "4ab7b379bbac4fe4a02f05aef327c782",
  ARK: "c0b406a4a803495297433fb6014cd0ae",
  CRL: "92f81bc358114d3d97ffd19f88dc67ea",
} as const;

/** Encodes a certificate table. */
const tableOf = (entries: readonly (readonly [keyof typeof guids, Uint8Array])[]): Uint8Array => {
  let at = (entries.length + 1) * 24;
  const heads = entries.map(([kind, blob]) => {
    const head = Buffer.alloc(24);
    head.write(guids[kind], "hex");
    head.writeUInt32LE(at, 16);
    head.writeUInt32LE(blob.length, 20);
    at += blob.length;
    return head;
  });
  return Buffer.concat([...heads, Buffer.alloc(24), ...entries.map(([, blob]) => blob)]);
};

/** Certificate tables, and files of any form. */
export const target: FuzzTarget = {
  waits: false,
  seeds: async () => {
    const { certificates } = await fakeEvidence();
    const [vcek = new Uint8Array(), ask = vcek, ark = vcek] = certificates;
    const crl = await fakeCrl({ revoked: ["0a"] });
    return [
      tableOf([]),
      tableOf([["ASK", Buffer.from("no certificate")]]),
      tableOf([
        ["VCEK", vcek],
        ["ASK", ask],
        ["ARK", ark],
        ["CRL", crl],
      ]),
      tableOf([["VCEK", pemOf([vcek])]]),
      crl,
    ];
  },
  run: (data) => {
    const entries = accepted(() => parseCertificateTable(data));
    const contents = accepted(() => certificatesOfTable(data));
    hold(contents === null || entries !== null, "what is no table has no contents");
    for (const { offset, bytes } of entries ?? []) {
      hold(same(bytes, data.subarray(offset, offset + bytes.length)), "a blob lies where its entry says");
      hold(offset >= ((entries ?? []).length + 1) * 24, "no blob lies among the entries");
    }
    const kinds = (entries ?? []).flatMap(({ kind }) => (kind === null ? [] : [kind]));
    hold(new Set(kinds).size === kinds.length, "no kind comes twice");
    accepted(() => collateralFrom(data));
  },
};
