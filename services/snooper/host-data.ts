import type { Refusal } from "./refusal.ts";

/** The claim that says which code runs: Microsoft Azure Attestation's name of HOST_DATA. */
export const HOST_DATA_CLAIM = "x-ms-sevsnpvm-hostdata";

/** Whether a workload was refused for being other code than the contract names. */
export const isRefusedForItsCode = ({ reason, explanation }: Refusal): boolean =>
  reason === "POLICY_REFUSED" && explanation.includes(HOST_DATA_CLAIM);
