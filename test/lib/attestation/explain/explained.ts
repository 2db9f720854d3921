// Reports of the fake processor, explained.
import {
  type ExplainedEvidence,
  type ExplainedField,
  explainReport,
  type ReportPolicy,
  strictPolicy,
  validateReport,
  type VerifiedReport,
  verifyReport,
} from "#attestation";
import { type FakeChanges, fakeEvidence, fakeOptions } from "../fake-processor.ts";

/** The TCB of the fake's reports. */
export const floor = { bootLoader: 4, tee: 0, snp: 24, microcode: 219 };
/** A policy that wants the fake's reports as they are. */
export const wanted = strictPolicy({
  measurement: { anyOf: [new Uint8Array(48).fill(0x22)] },
  hostData: { anyOf: [new Uint8Array(32).fill(0x33)] },
  minimumTcb: { "19-01": floor },
});
/** Makes a report, changed as a test likes, and verifies it. */
export const verify = async (report: FakeChanges["report"] = () => {}): Promise<VerifiedReport> =>
  verifyReport(await fakeEvidence({ report }), fakeOptions);

/** Fields by name. */
export type Explained = ReadonlyMap<string, ExplainedField>;
/** Explains evidence, without the groups. */
export const fieldsOf = (evidence: ExplainedEvidence): Explained =>
  new Map(explainReport(evidence).flatMap(({ fields }) => fields.map((field) => [field.name, field])));

/** Explains a genuine report beside a policy. */
export function explainedBeside(
  verified: VerifiedReport,
  policy: ReportPolicy | null,
  more: Partial<ExplainedEvidence> = {},
) {
  const failures = policy === null ? [] : validateReport(verified, policy);
  const { report, notChecked } = verified;
  return { failures, fields: fieldsOf({ report, verified, claims: null, policy, failures, notChecked, ...more }) };
}

/** How a field came out; undefined when it is not shown. */
export const outcome = (fields: Explained, name: string) => fields.get(name)?.outcome;
/** Why a field was not checked. */
export const reason = (fields: Explained, name: string) => fields.get(name)?.reason;
