// HOST_DATA of the roles as the sources give it, committed so that anyone can re-make and compare it before signing a contract.
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import * as v from "valibot";
import { byCodePoint } from "./closed-set.ts";
import { HostError } from "./host-error.ts";
import { hostDataOf, measurePolicy } from "./measure.ts";
import type { RoleDefinition } from "./roles.ts";

const referenceSchema = v.record(
  v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,62}\/[a-z]+$/)),
  v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/)),
);

/** HOST_DATA (`sha256:` and 64 hexadecimal digits) by workload (`woodgrove/analytics`). */
export type HostDataReference = Readonly<Record<string, string>>;

/** A workload whose HOST_DATA is not the reference's; `undefined` where one of the two has none. */
export interface ReferenceDifference {
  readonly workload: string;
  readonly reference: string | undefined;
  readonly measured: string | undefined;
}

/** Measures the workloads in the project folder. */
export const measureReference = async (
  project: string,
  workloads: readonly RoleDefinition[],
): Promise<HostDataReference> => {
  const measured: Record<string, string> = {};
  for (const definition of workloads)
    measured[`${definition.party}/${definition.role}`] = hostDataOf(await measurePolicy(project, definition));
  return measured;
};

/**
 * Reads the committed reference; empty when there is none.
 *
 * @throws {HostError} REFERENCE_INVALID
 */
export const readReference = async (file: string): Promise<HostDataReference> => {
  if (!existsSync(file)) return {};
  try {
    return v.parse(referenceSchema, JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    throw new HostError("REFERENCE_INVALID", `${file} does not hold reference values`, { file }, { cause });
  }
};

/** Writes the reference, one workload a line. */
export const writeReference = async (file: string, reference: HostDataReference): Promise<void> => {
  const sorted = Object.fromEntries(Object.entries(reference).toSorted(([a], [b]) => byCodePoint(a, b)));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(sorted, null, 2)}\n`);
};

/** Every workload that differs; empty when all are as committed. */
export const compareReference = (
  reference: HostDataReference,
  measured: HostDataReference,
): readonly ReferenceDifference[] =>
  [...new Set([...Object.keys(reference), ...Object.keys(measured)])]
    .toSorted(byCodePoint)
    .filter((workload) => reference[workload] !== measured[workload])
    .map((workload) => ({ workload, reference: reference[workload], measured: measured[workload] }));
