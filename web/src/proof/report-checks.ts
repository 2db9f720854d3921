// A workload's report beside its contract, line by line. validateReport decides; here its findings are put beside what did hold, so
// that a reader sees every value and not the failures alone.
import {
  cpuModelKey,
  strictPolicy,
  validateReport,
  type Finding,
  type TcbComponents,
  type VerifiedReport,
} from "#attestation";
import { referenceValuesOf, type TcbFloor, type Workload } from "#contract";
import { toHex } from "#sealing";
import type { Check } from "./check.ts";

interface Line {
  readonly field: string;
  readonly expected: string;
  readonly seen: string;
}

const partsText = (parts: Readonly<Record<string, number | undefined>>): string =>
  Object.entries(parts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");

const floorText = (floor: TcbFloor | undefined): string => {
  if (floor === undefined) return "a floor for this CPU";
  const { boot_loader, tee, snp, microcode, fmc } = floor;
  return `at least ${partsText({ fmc, bootLoader: boot_loader, tee, snp, microcode })}`;
};

const seenText = ({ fmc, bootLoader, tee, snp, microcode }: TcbComponents): string =>
  partsText({ fmc, bootLoader, tee, snp, microcode });

const linesOf = (verified: VerifiedReport, workload: Workload): readonly Line[] => {
  const { report, hardwareRoot, product, tcb } = verified;
  const model = report.cpuid === null ? undefined : cpuModelKey(report.cpuid);
  const floor = model === undefined ? undefined : workload.minimum_tcb[model];
  const either = (values: readonly string[]): string => values.join(" or ");
  return [
    {
      field: "hardware",
      expected: either(workload.hardware),
      seen: hardwareRoot === "simulated" ? hardwareRoot : product,
    },
    { field: "hostData", expected: either(workload.host_data), seen: `sha256:${toHex(report.hostData)}` },
    { field: "measurement", expected: either(workload.measurement), seen: `sha384:${toHex(report.measurement)}` },
    { field: "policy.debug", expected: "false", seen: `${report.policy.debug}` },
    { field: "policy.migrateMa", expected: "false", seen: `${report.policy.migrateMa}` },
    { field: "vmpl", expected: "0", seen: `${report.vmpl}` },
    { field: "cpuid", expected: either(Object.keys(workload.minimum_tcb)), seen: model ?? "none in the report" },
    ...(["reported", "committed", "current", "launch"] as const).map((name) => ({
      field: `tcb.${name}`,
      expected: floorText(floor),
      seen: seenText(tcb[name]),
    })),
  ];
};

const isAbout = ({ field }: Line, finding: Finding): boolean =>
  finding.field === field || finding.field.startsWith(`${field}.`);

/**
 * Validates a genuine report against a workload of a contract, and says of every value whether it is the one that is wanted.
 *
 * @throws AttestationError REFERENCE_VALUES_INCOMPLETE
 */
export const checkReport = (verified: VerifiedReport, workload: Workload): readonly Check[] => {
  const findings = validateReport(verified, strictPolicy(referenceValuesOf(workload)));
  const lines = linesOf(verified, workload);
  const hasFloor = !findings.some(({ code }) => code === "TCB_FLOOR_MISSING");
  const listed = lines.map((line): Check => {
    const own = findings.filter((finding) => isAbout(line, finding));
    const { field: name, expected, seen } = line;
    if (own.length > 0) {
      return { name, outcome: "fails", expected, seen, code: [...new Set(own.map(({ code }) => code))].join(", ") };
    }
    return { name, outcome: hasFloor || !name.startsWith("tcb.") ? "holds" : "not-reached", expected, seen };
  });
  // A finding without a line of its own is shown all the same.
  const others = findings.filter((finding) => !lines.some((line) => isAbout(line, finding)));
  return [
    ...listed,
    ...others.map(({ code, field, expected, seen }): Check => ({
      name: field,
      outcome: "fails",
      expected,
      seen,
      code,
    })),
  ];
};
