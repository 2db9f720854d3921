// A report in words, field by field, with what was checked of it. Nothing is judged here: failures and omissions are put where they belong,
// and none is lost.
import { equalBytes, toHex } from "../encoding/bytes.ts";
import { isUnchecked } from "../validate/policy-rules.ts";
import type { ReportPolicy } from "../validate/report-policy.ts";
import { type EvidenceField, evidenceFields, type FieldGroup, fieldGroups, type FieldName } from "./evidence-fields.ts";
import { explanations } from "./explanations.ts";
import { type Failure, fieldOfFailure, isFieldName, type Omission, omissionOf } from "./failure-fields.ts";
import { type FieldSources, type FieldValues, fieldValues } from "./field-values.ts";
import { hasRule, leftUnchecked } from "./policy-coverage.ts";

/** Evidence, and what was found out about it. */
export interface ExplainedEvidence extends FieldSources {
  /** The policy that the report was validated against; `null` when it was not. */
  readonly policy: ReportPolicy | null;
  readonly failures: readonly Failure[];
  /** What verification and appraisal did not check, each as `name: reason`. */
  readonly notChecked: readonly string[];
}

/** One field in words. */
export interface ExplainedField {
  /** As findings name it; a name that is no field's is that of a failure or of an omission. */
  readonly name: string;
  readonly title: string;
  /** Empty when the evidence does not say. */
  readonly value: string;
  readonly meaning: string;
  /** Offsets and sizes in the report; those of its word for a bit. */
  readonly bytes: readonly (readonly [offset: number, size: number])[];
  readonly bits: readonly [first: number, last: number] | null;
  /** The claim of Microsoft Azure Attestation that says the same. */
  readonly claim: string | null;
  readonly outcome: "holds" | "fails" | "not checked";
  readonly failures: readonly Failure[];
  /** Why it was not checked, or not in every respect. */
  readonly reason: string | null;
}

/** Fields that belong together. */
export interface ExplainedGroup {
  readonly name: FieldGroup;
  readonly title: string;
  /** What defines the fields. */
  readonly section: string;
  readonly fields: readonly ExplainedField[];
}

/** What `verifyReport` decides. */
const verifiedFields: ReadonlySet<FieldName> = new Set([
  "keyInfo.maskChipKey",
  "keyInfo.signingKey",
  "signatureAlgo",
  "signature",
  "reserved",
  "hardware",
  "product",
  "certificates",
  "certificates.root",
  "certificates.intermediate",
  "certificates.leaf",
  "certificates.tcb",
  "certificates.hwId",
  "revocation",
]);

/** What `appraiseEvidence` decides beside those. */
const appraisedFields: ReadonlySet<FieldName> = new Set([
  "reportData",
  "claims",
  "purpose",
  "audience",
  "nonce",
  "tlsSpkiSha256",
]);

/** The names of all fields, in the order in which they are shown. */
// The keys of a literal are its own.
const fieldNames = Object.keys(evidenceFields) as readonly FieldName[];

/**
 * Explains evidence in groups. A field holds only if the report is genuine and it was compared with something; every failure and every
 * omission is on the field that it is about, or on one of its own in the last group.
 */
export function explainReport(evidence: ExplainedEvidence): readonly ExplainedGroup[] {
  const values = fieldValues(evidence);
  const failures = Map.groupBy([...evidence.failures, ...unlikeEndorsement(evidence)], fieldOfFailure);
  const omissions = Map.groupBy(evidence.notChecked.map(omissionOf), ({ field }) => field);
  const context: Context = { evidence, values, failures, omissions };
  const known = fieldNames
    .filter((name) => values[name] !== undefined || failures.has(name) || omissions.has(name))
    .map((name) => explained(name, context));
  const others = [...new Set([...failures.keys(), ...omissions.keys()])]
    .filter((name) => !isFieldName(name))
    .map((name) => explained(name, context));
  const isIn = (group: FieldGroup) => known.filter(({ name }) => fieldOf(name)?.group === group);
  // The keys of a literal are its own.
  return (Object.keys(fieldGroups) as readonly FieldGroup[])
    .map((name) => ({ name, ...fieldGroups[name], fields: name === "other" ? others : isIn(name) }))
    .filter(({ fields }) => fields.length > 0);
}

interface Context {
  readonly evidence: ExplainedEvidence;
  readonly values: FieldValues;
  readonly failures: ReadonlyMap<string, readonly Failure[]>;
  readonly omissions: ReadonlyMap<string, readonly Omission[]>;
}

function fieldOf(name: string): EvidenceField | undefined {
  return isFieldName(name) ? evidenceFields[name] : undefined;
}

function explained(name: string, context: Context): ExplainedField {
  const field = fieldOf(name);
  const word = fieldOf(name.slice(0, Math.max(0, name.lastIndexOf("."))));
  const { outcome, reason } = judged(name, context);
  return {
    name,
    title: field?.title ?? name,
    value: isFieldName(name) ? (context.values[name] ?? "") : "",
    meaning: isFieldName(name) ? explanations[name] : "",
    bytes: field?.bytes ?? word?.bytes ?? [],
    bits: field?.bits ?? null,
    claim: field?.claim ?? null,
    outcome,
    failures: context.failures.get(name) ?? [],
    reason,
  };
}

type Judged = Pick<ExplainedField, "outcome" | "reason">;

function judged(name: string, context: Context): Judged {
  const { evidence, failures, omissions } = context;
  const { report, verified, claims, policy } = evidence;
  const omitted = omissions
    .get(name)
    ?.map(({ reason }) => reason)
    .join("; ");
  if (failures.has(name)) return { outcome: "fails", reason: omitted ?? null };
  if (omitted !== undefined) return { outcome: "not checked", reason: omitted };
  const parts = partsOf(name, context.values).map((part) => judged(part, context).outcome);
  if (parts.includes("fails")) return { outcome: "fails", reason: null };
  if (verified === null) return { outcome: "not checked", reason: "the report is not known to be genuine" };
  if (!isFieldName(name)) return { outcome: "not checked", reason: "nothing is known about it" };
  const isDecided =
    verifiedFields.has(name) ||
    (claims !== null && appraisedFields.has(name)) ||
    evidenceFields[name].group === "azure";
  if (isDecided) return { outcome: "holds", reason: null };
  if (parts.some((outcome) => outcome !== "holds"))
    return { outcome: "not checked", reason: "not all of its parts are" };
  // A word of which no rule speaks holds by its parts.
  if (parts.length > 0 && !hasRule(name)) return { outcome: "holds", reason: null };
  // The default of a policy counts on claims.
  const isUncompared = name === "reportData" && policy !== null && isUnchecked(policy.reportData);
  const reason = isUncompared ? "no claims came with the report" : leftUnchecked(name, policy, report);
  return { outcome: reason === null ? "holds" : "not checked", reason };
}

function partsOf(name: string, values: FieldValues): readonly FieldName[] {
  return fieldNames.filter((part) => part.startsWith(`${name}.`) && values[part] !== undefined);
}

/** An endorsement of another launch digest endorses nothing here, even if the caller has not compared it. */
function unlikeEndorsement({ report, uvm }: ExplainedEvidence): readonly Failure[] {
  if (uvm === undefined || equalBytes(uvm.launchMeasurement, report.measurement)) return [];
  const expected = toHex(uvm.launchMeasurement);
  return [{ code: "UVM_MEASUREMENT", field: "measurement", expected, seen: toHex(report.measurement) }];
}
