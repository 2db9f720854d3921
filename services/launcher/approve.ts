// `sealmesh approve`: the owners accept the code that is here now. Measures it, says what is different, and has every owner sign a new
// version of each contract. The next start takes it into force.
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { newestContract, prepareKeys, readTemplate, signNewVersion } from "./administration.ts";
import { openCertificateAuthority } from "./certificate-authority.ts";
import { createCommandRunner, createVoice } from "./console.ts";
import { workloadFacts, writeFacts } from "./facts.ts";
import { measurePolicy, measureRuntime } from "./host/measure.ts";
import type { Machine } from "./host/simulated-machine.ts";
import { openSimulatedPki } from "./host/simulated-pki.ts";
import { LaunchError } from "./launch-error.ts";
import { readClaim, workloadRoles } from "./prepare.ts";
import { reportLaunchFailure } from "./report-launch-failure.ts";
import { stateIn } from "./state.ts";
import { placesOf, readTopology } from "./topology.ts";

const project = dirname(dirname(import.meta.dirname));

/** Measures the project folder as the host will measure its copy. */
const measureProject = async (topology: ReturnType<typeof readTopology>, machine: Machine) => {
  const measurementDocument = await measureRuntime({
    folder: project,
    node: { path: process.execPath, version: process.version },
    nodeOptions: process.env["NODE_OPTIONS"] ?? "",
  });
  const roles = workloadRoles(placesOf(topology, { meshShift: 0 }));
  return workloadFacts(
    machine,
    await Promise.all(
      roles.map(
        async (role) =>
          [
            `${role.party}/${role.role}`,
            { policyDocument: await measurePolicy(project, role), measurementDocument },
          ] as const,
      ),
    ),
  );
};

const approve = async (folder: string): Promise<void> => {
  const state = stateIn(folder);
  const claim = readClaim(state);
  if (claim === undefined)
    throw new LaunchError("STATE_INCOMPLETE", `nothing was started in ${state.root} yet`, { state: state.root });
  const voice = createVoice({ json: false });
  const topology = readTopology(project, claim.source);
  const deps = { project, state, topology, voice, run: createCommandRunner(project, voice) };
  const [authority, pki, keys] = await Promise.all([
    openCertificateAuthority(state.authority),
    openSimulatedPki(state.hardware),
    prepareKeys(deps),
  ]);
  const workloads = await measureProject(topology, pki.signer().machine);
  for (const template of topology.contracts) {
    const { name } = readTemplate(project, template);
    const before = await newestContract(state, name);
    if (before === undefined)
      throw new LaunchError("STATE_INCOMPLETE", `there is no contract ${name} in ${state.root}`, { contract: name });
    const changed = Object.entries(before.contract.workloads).filter(
      ([label, accepted]) =>
        workloads[label]?.host_data[0] !== accepted.host_data[0] ||
        workloads[label]?.measurement[0] !== accepted.measurement[0],
    );
    if (changed.length === 0) {
      voice.say("approve", `${name}: version ${before.contract.version} accepts what is here now.`);
      continue;
    }
    for (const [label, accepted] of changed) {
      const now = workloads[label];
      voice.say(
        "approve",
        `${label}\n  HOST_DATA    ${accepted.host_data[0]}\n            -> ${now?.host_data[0]}\n  MEASUREMENT  ${accepted.measurement[0]}\n            -> ${now?.measurement[0]}`,
      );
    }
    const facts = await writeFacts({ state, topology, authority, simulatedRoot: pki.arkSpkiSha256, keys, workloads });
    await signNewVersion(deps, template, { facts });
    const after = await newestContract(state, name);
    voice.say(
      "approve",
      `${name}: version ${after?.contract.version} is signed by every owner; the next start takes it into force.\nIts digest: ${after?.digest}`,
    );
  }
};

try {
  const { values } = parseArgs({ options: { state: { type: "string", default: ".sealmesh" } } });
  await approve(values.state);
} catch (error) {
  process.exitCode = reportLaunchFailure(error);
}
