// Re-makes infra/reference/host-data.json: HOST_DATA of every confidential workload of the topologies that ship, from the sources here.
import { dirname, join } from "node:path";
import { measureReference, writeReference } from "./host/reference.ts";
import { workloadRoles } from "./prepare.ts";
import { placesOf, readTopology } from "./topology.ts";

const project = dirname(dirname(import.meta.dirname));

/** The reference as the sources give it now. */
export const currentReference = () =>
  measureReference(
    project,
    ["advanced", "demo"].flatMap((name) => workloadRoles(placesOf(readTopology(project, name), { meshShift: 0 }))),
  );

if (import.meta.main)
  await writeReference(join(project, "infra", "reference", "host-data.json"), await currentReference());
