// Simulated machines of every shape on three sets of keys: making RSA keys is what takes long.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Product } from "#attestation";
import { chipKinds } from "../../../services/launcher/host/simulated-chip.ts";
import { type MachineShape, newMachine, writeMachine } from "../../../services/launcher/host/simulated-machine.ts";
import { openSimulatedPki, type SimulatedPki } from "../../../services/launcher/host/simulated-pki.ts";

/** The folder of one product's keys, with machines that are put into it. */
export interface Machines {
  readonly folder: string;
  /** Replaces the machine by a new one. */
  place(shape: MachineShape): Promise<SimulatedPki>;
  close(): void;
}

/** Makes the keys of a product, with both intermediates. */
export const openMachines = async (product: Product): Promise<Machines> => {
  const scratch = mkdtempSync(join(tmpdir(), "sealmesh-machines-"));
  const folder = join(scratch, "hardware");
  const chip = product === "Milan" ? "milan" : product === "Genoa" ? "genoa" : "turin";
  const pki = await openSimulatedPki(folder, { shape: { chip } });
  await pki.chain("vlek");
  return {
    folder,
    async place(shape) {
      if (chipKinds[shape.chip].product !== product) throw new TypeError(`${shape.chip} is no ${product}`);
      writeMachine(folder, newMachine(shape));
      return openSimulatedPki(folder);
    },
    close: () => rmSync(scratch, { recursive: true }),
  };
};
