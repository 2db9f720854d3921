import { generateKeyPairSync, sign } from "node:crypto";
import { parseHclReport, verifyTpmQuote } from "#attestation";
import { fakeReport } from "../../lib/attestation/fake-processor.ts";
import { accepted, acceptedLater, type FuzzTarget, hold, same } from "../target.ts";

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const { n = "", e = "" } = publicKey.export({ format: "jwk" });
const words = (...values: readonly number[]) => new Uint8Array(Uint32Array.from(values).buffer);

/** What the paravisor puts into the TPM: a head, the report, the head of the document, the document. */
const hclOf = (report: Uint8Array): Buffer => {
  const document = Buffer.from(JSON.stringify({ keys: [{ kid: "HCLAkPub", kty: "RSA", key_ops: ["sign"], n, e }] }));
  const head = Buffer.alloc(32);
  head.write("HCLA");
  const runtime = words(document.length + 20, 1, 2, 1, document.length);
  return Buffer.concat([head, report, runtime, document, Buffer.alloc(64)]);
};

const sized = (bytes: Uint8Array) => Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
const nonce = Buffer.alloc(32, 0x5a);
const attest = Buffer.concat([
  Buffer.from("ff5443478018", "hex"),
  sized(Buffer.alloc(34, 1)),
  sized(nonce),
  Buffer.alloc(60, 2),
]);
const quote = Buffer.concat([sized(attest), Buffer.from("0014000b", "hex"), sized(sign("sha256", attest, privateKey))]);
const genuine = hclOf(await fakeReport());
const itsKey = parseHclReport(genuine);

/** What a confidential VM of Azure sends, of any bytes: the first byte says whether they are the paravisor's or a quote of the TPM. */
export const target: FuzzTarget = {
  waits: true,
  seeds: () => [Buffer.concat([Buffer.from([0]), genuine]), Buffer.concat([Buffer.from([1]), quote])],
  run: async (data) => {
    const bytes = data.subarray(1);
    if ((data[0] ?? 0) % 2 === 1) {
      const verified = await acceptedLater(async () => (await verifyTpmQuote(bytes, itsKey, nonce), true));
      return hold((verified === true) === same(bytes, quote), "a quote is what the TPM signed, and that is accepted");
    }
    const hcl = accepted(() => parseHclReport(bytes));
    if (hcl === null) return;
    hold(same(hcl.report, bytes.subarray(0x20, 0x4c0)), "the report is the bytes that it was");
    hold(Buffer.from(bytes).includes(Buffer.from(hcl.runtimeData)), "the document is in the bytes");
  },
};
