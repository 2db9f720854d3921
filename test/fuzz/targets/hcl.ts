import { parseHclReport } from "#attestation";
import { azureFile } from "../../lib/attestation/azure/vectors.ts";
import { accepted, type FuzzTarget, hold, same } from "../target.ts";

const sample = (): readonly Uint8Array[] => {
  const file = Buffer.from(azureFile("evidence/cvm-1-encryption/attestation.json")).toString("utf8");
  return file === "" ? [] : [Buffer.from(JSON.parse(file).report.snpCvm.evidence.hclReport, "base64")];
};

/** What the paravisor puts into the TPM, of any bytes. */
export const target: FuzzTarget = {
  waits: false,
  seeds: () => [Buffer.from("48434c41"), ...sample()],
  run: (data) => {
    const hcl = accepted(() => parseHclReport(data));
    if (hcl === null) return;
    hold(same(hcl.report, data.subarray(0x20, 0x4c0)), "the report is the bytes that it was");
    hold(Buffer.from(data).includes(Buffer.from(hcl.runtimeData)), "the document is in the bytes");
  },
};
