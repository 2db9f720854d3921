// A token as a container group gets it, one as a virtual machine gets it, and what is wanted of each.
import {
  type MaaTokenPolicy,
  microsoftUvm,
  reportDataOf,
  validateMaaToken,
  type VerifiedMaaToken,
  verifyMaaToken,
} from "#attestation";
import { type Json, options, timely, tokenOf } from "./fake-maa.ts";

export const hex = (digits: string) => Uint8Array.from(Buffer.from(digits, "hex"));
export const runtime = { sealmesh: { nonce: "q83v", count: 1 }, keys: [] };
export const reportData = await reportDataOf(Buffer.from(JSON.stringify(runtime, null, 2)));
export const hostData = "ab".repeat(32);
export const measurement = "d0c9".repeat(24);
export const policyHash = Buffer.alloc(32, 0xfb).toString("base64url");

export const endorsement: Json = {
  "x-ms-sevsnpvm-guestsvn": "104",
  "x-ms-sevsnpvm-guestsvn-int": 104,
  "x-ms-sevsnpvm-launchmeasurement": measurement,
};
export const snp: Json = {
  "x-ms-attestation-type": "sevsnpvm",
  "x-ms-compliance-status": "azure-compliant-uvm",
  "x-ms-sevsnpvm-guestsvn": 2,
  "x-ms-sevsnpvm-hostdata": hostData,
  "x-ms-sevsnpvm-is-debuggable": false,
  "x-ms-sevsnpvm-launchmeasurement": measurement,
  "x-ms-sevsnpvm-migration-allowed": false,
  "x-ms-sevsnpvm-reportdata": Buffer.from(reportData).toString("hex"),
  "x-ms-sevsnpvm-uvm-endorsement": endorsement,
  "x-ms-sevsnpvm-uvm-endorsement-headers": { feed: microsoftUvm.feed, iss: microsoftUvm.issuer },
  "x-ms-sevsnpvm-vmpl": 0,
};
export const group: Json = { ...snp, "x-ms-policy-hash": policyHash, "x-ms-runtime": runtime };
/** A virtual machine's token, whose claims at the top are those of a wanted group: they must not be looked at. */
export const machine: Json = { ...group, "x-ms-attestation-type": "azurevm", "x-ms-isolation-tee": snp };

export const policy: MaaTokenPolicy = {
  attestationType: "sevsnpvm",
  complianceStatus: { anyOf: ["azure-compliant-uvm"] },
  hostData: { anyOf: [hex("cd".repeat(32)), hex(hostData)] },
  allowAllPolicy: "forbidden",
  measurement: { anyOf: [hex(measurement)] },
  reportData: { equals: reportData },
  nonce: { path: ["sealmesh", "nonce"], equals: "q83v" },
  debug: "forbidden",
  migration: "forbidden",
  vmpl: 0,
  uvm: { issuers: [microsoftUvm.issuer], feed: microsoftUvm.feed, minimumSvn: 104 },
  policyHash: { anyOf: [hex("fb".repeat(32))] },
};
export const machinePolicy: MaaTokenPolicy = { ...policy, attestationType: "azurevm" };

export const verified = async (claims: Json | string): Promise<VerifiedMaaToken> =>
  verifyMaaToken(await tokenOf({ claims: typeof claims === "string" ? claims : timely(claims) }), options);
export const findings = async (claims: Json | string, wanted: MaaTokenPolicy = policy) =>
  validateMaaToken(await verified(claims), wanted);
