import { queryOf } from "./columns.ts";
import type { Contract, Workload } from "./contract.ts";
import { workloadOf } from "./reference-values.ts";
import type { Condition, ReleasePolicy } from "./release-policy.ts";

const SIMULATED = "simulated";

/**
 * The release policy of a query at a broker: what the claims of the workload that runs it must say.
 *
 * `issuer` is the broker's `url`; verdicts through the simulated root have an authority of their own,
 * `<issuer>/simulated`.
 * TCB floors are not clauses: vaults refuse order operators, so the broker's validation checks them.
 * Specification: proto/FORMATS.md, section 5.
 *
 * @throws ContractError QUERY_UNKNOWN
 */
export function releasePolicy(contract: Contract, query: string, issuer: string): ReleasePolicy {
  const workload = workloadOf(contract, queryOf(contract, query).run_by);
  const simulated = workload.hardware.includes(SIMULATED);
  return {
    version: "1.0.0",
    anyOf: [
      {
        authority: authorityOf(issuer, simulated ? SIMULATED : "amd"),
        allOf: [
          equals("x-ms-attestation-type", "sevsnpvm"),
          equals("x-sealmesh-hardware-root", simulated ? SIMULATED : "amd"),
          equals("x-ms-sevsnpvm-is-debuggable", "false"),
          equals("x-ms-sevsnpvm-migration-allowed", "false"),
          equals("x-ms-sevsnpvm-vmpl", "0"),
          oneOf("x-ms-sevsnpvm-hostdata", workload.host_data.map(withoutPrefix)),
          oneOf("x-ms-sevsnpvm-launchmeasurement", workload.measurement.map(withoutPrefix)),
          ...products(workload),
        ],
      },
    ],
  };
}

/** The `iss` of a broker's verdicts: verdicts through the simulated root never pass for AMD's. */
export function authorityOf(issuer: string, root: "simulated" | "amd"): string {
  return root === SIMULATED ? `${issuer}/${SIMULATED}` : issuer;
}

function products({ hardware }: Workload): readonly Condition[] {
  const products = hardware.filter((kind) => kind !== SIMULATED);
  return products.length === 0 ? [] : [oneOf("x-sealmesh-product", products)];
}

function equals(claim: string, value: string): Condition {
  return { claim, equals: value };
}

function oneOf(claim: string, values: readonly string[]): Condition {
  return { anyOf: values.map((value) => equals(claim, value)) };
}

function withoutPrefix(digest: string): string {
  return digest.slice(digest.indexOf(":") + 1);
}
