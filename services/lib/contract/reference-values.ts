// What a contract wants of a workload's evidence, in the words of the verifier.
import type { StrictPolicyInput, TrustedRoots } from "#attestation";
import { fromHex } from "#sealing";
import { ContractError } from "./contract-error.ts";
import type { Contract, TcbFloor, Workload } from "./contract.ts";

const bytesOf = (digest: string): Uint8Array<ArrayBuffer> => fromHex(digest.slice(digest.indexOf(":") + 1));

const floorOf = ({ boot_loader, tee, snp, microcode, fmc }: TcbFloor) => ({
  bootLoader: boot_loader,
  tee,
  snp,
  microcode,
  ...(fmc === undefined ? {} : { fmc }),
});

/** The workload of this name. Throws ContractError WORKLOAD_UNKNOWN. */
export function workloadOf(contract: Contract, name: string): Workload {
  const workload = Object.hasOwn(contract.workloads, name) ? contract.workloads[name] : undefined;
  if (workload === undefined) {
    throw new ContractError(
      "WORKLOAD_UNKNOWN",
      `contract ${contract.contract} has no workload ${JSON.stringify(name)}`,
    );
  }
  return workload;
}

/** The reference values of a workload: hand them to `strictPolicy`, which adds DEBUG 0, MIGRATE_MA 0 and VMPL 0. */
export function referenceValuesOf(workload: Workload): StrictPolicyInput {
  return {
    hardware: { anyOf: workload.hardware },
    hostData: { anyOf: workload.host_data.map(bytesOf) },
    measurement: { anyOf: workload.measurement.map(bytesOf) },
    ...(workload.csp_id === undefined ? {} : { cspId: { anyOf: workload.csp_id } }),
    minimumTcb: Object.fromEntries(
      Object.entries(workload.minimum_tcb).map(([model, floor]) => [model, floorOf(floor)]),
    ),
  };
}

/** The roots under which a contract's workloads are genuine: its simulated root, or AMD's. */
export function trustedRootsOf(contract: Pick<Contract, "simulated_root">): TrustedRoots {
  const { simulated_root: root } = contract;
  return root === undefined ? { kind: "amd" } : { kind: "simulated", arkSpkiSha256: bytesOf(root) };
}
