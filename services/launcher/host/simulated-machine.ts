// What a simulated machine is and which firmware it runs, in one file of the host. Every report reads it, so that what an operator does to
// the machine holds from the next report on, in a running mesh too.
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import * as v from "valibot";
import type { FirmwareVersion } from "#attestation";
import { HostError } from "./host-error.ts";
import { hostFile } from "./host-file.ts";
import {
  type ChipName,
  chipKinds,
  chipNames,
  type ChipTcb,
  type ReportVersion,
  reportVersions,
  type SigningKey,
  signingKeys,
  tcbComponentsOf,
} from "./simulated-chip.ts";

/** What is chosen when a machine is made, and never changes. */
export interface MachineShape {
  readonly chip: ChipName;
  readonly reportVersion: ReportVersion;
  readonly signer: SigningKey;
}

/** Firmware and its TCB. */
export interface Firmware {
  readonly tcb: ChipTcb;
  readonly version: FirmwareVersion;
}

/** A machine as it is now. Always, component by component: reported is at most committed, and committed at most current. */
export interface Machine extends MachineShape {
  /** The chip's hwID: 64 bytes, on Turin 8. */
  readonly hwId: Uint8Array;
  /** What runs. */
  readonly current: Firmware;
  /** Below which the firmware cannot be rolled back. */
  readonly committed: Firmware;
  /** From which the signing key is derived. */
  readonly reportedTcb: ChipTcb;
}

const svn = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255));
const tcb = v.strictObject({ fmc: v.exactOptional(svn), bootLoader: svn, tee: svn, snp: svn, microcode: svn });
const firmware = v.strictObject({ tcb, version: v.strictObject({ major: svn, minor: svn, build: svn }) });
const machineSchema = v.strictObject({
  chip: v.picklist(chipNames),
  reportVersion: v.picklist(reportVersions),
  signer: v.picklist(signingKeys),
  hwId: v.pipe(
    v.string(),
    v.regex(/^(?:[0-9a-f]{16}|[0-9a-f]{128})$/),
    v.transform((hex) => new Uint8Array(Buffer.from(hex, "hex"))),
  ),
  current: firmware,
  committed: firmware,
  reportedTcb: tcb,
});

/** A new machine: a Milan whose own key signs reports as its firmware writes them, unless something else is wanted. */
export const newMachine = ({ chip = "milan", reportVersion, signer = "vcek" }: Partial<MachineShape>): Machine => {
  const kind = chipKinds[chip];
  const current: Firmware = { tcb: kind.tcb, version: kind.firmware };
  return {
    chip,
    reportVersion: reportVersion ?? kind.reportVersion,
    signer,
    hwId: randomBytes(kind.hwIdSize),
    current,
    committed: current,
    reportedTcb: current.tcb,
  };
};

const machineFile = hostFile("machine.json", machineSchema);

/** Reads the machine of a folder; throws when it is not whole. */
export const readMachine = (folder: string): Machine => machineFile.read(folder);

/** Writes the machine of a folder. */
export const writeMachine = (folder: string, machine: Machine): void =>
  machineFile.write(folder, { ...machine, hwId: Buffer.from(machine.hwId).toString("hex") });

/** How far new firmware gets: it runs, it can no longer be rolled back, reports are signed by the key of its TCB. */
export const tcbStages = ["current", "committed", "reported"] as const;
export type TcbStage = (typeof tcbStages)[number];

/** Firmware to install. */
export interface TcbRaise {
  /** The components that are new; none to move what runs already further. */
  readonly tcb: Partial<ChipTcb>;
  /** This stage, and those before it. */
  readonly upTo: TcbStage;
}

const refused = (why: string): HostError => new HostError("TCB_REFUSED", `the machine's TCB stays as it is: ${why}`);

/** The firmware with new components. A component never goes down here; real firmware may, as far as what is committed. */
const updated = ({ chip, current }: Machine, raise: Partial<ChipTcb>): Firmware => {
  const components = tcbComponentsOf(chipKinds[chip].product);
  for (const [name, value] of Object.entries(raise)) {
    const component = components.find((candidate) => candidate === name);
    if (component === undefined) throw refused(`${chip} has no ${name}`);
    const before = current.tcb[component] ?? 0;
    if (!v.is(svn, value) || value < before)
      throw refused(`${name} is ${before} and can be ${before} to 255, not ${value}`);
  }
  const { version } = current;
  const hasNewFirmware = (raise.snp ?? current.tcb.snp) > current.tcb.snp;
  return {
    tcb: { ...current.tcb, ...raise },
    version: hasNewFirmware ? { ...version, build: Math.min(version.build + 1, 255) } : version,
  };
};

/**
 * Installs firmware with a higher TCB.
 *
 * @throws {HostError} TCB_REFUSED when a component would go down or does not exist, or when nothing would change
 */
export const raisedMachine = (machine: Machine, { tcb: raise, upTo }: TcbRaise): Machine => {
  const current = updated(machine, raise);
  const committed = upTo === "current" ? machine.committed : current;
  const reportedTcb = upTo === "reported" ? current.tcb : machine.reportedTcb;
  const raised = { ...machine, current, committed, reportedTcb };
  if (JSON.stringify(raised) === JSON.stringify(machine)) throw refused("nothing is above what it has");
  return raised;
};
