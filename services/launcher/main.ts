// `npm start`: the whole mesh on one machine, as separate processes, and the main job in the terminal.
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { checkData } from "./administration.ts";
import { writeConfigs } from "./configs.ts";
import { createVoice } from "./console.ts";
import { LaunchError } from "./launch-error.ts";
import { activateEverywhere } from "./mesh-calls.ts";
import { runMission } from "./mission.ts";
import { parseOptions, usage, type LaunchOptions } from "./options.ts";
import { buildPage } from "./page-build.ts";
import { createSimulatedKds } from "./host/simulated-kds.ts";
import { checkPorts } from "./ports.ts";
import { prepare } from "./prepare.ts";
import { createProcesses } from "./processes.ts";
import { reportLaunchFailure } from "./report-launch-failure.ts";
import { lockState } from "./state-lock.ts";
import { stateIn } from "./state.ts";
import { placesOf, readTopology } from "./topology.ts";

const project = dirname(dirname(import.meta.dirname));

/** Aborted by Ctrl-C, SIGTERM or SIGHUP. */
const interruption = (): AbortSignal => {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => controller.abort(signal));
  return controller.signal;
};

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

const launch = async (options: LaunchOptions): Promise<number> => {
  const interrupted = interruption();
  const voice = createVoice(options);
  const topology = readTopology(project, options.topology);
  const places = placesOf(topology, {
    meshShift: options.meshShift,
    ...(options.pagePort === undefined ? {} : { page: options.pagePort }),
  });
  const gatewayPort = places.find(({ role }) => role === "gateway")?.port;
  const hasPage = gatewayPort !== undefined;
  checkData(topology, options.data);
  await checkPorts(places);
  const state = stateIn(options.state);
  mkdirSync(state.root, { recursive: true });
  const unlock = lockState(state);
  try {
    const [prepared] = await Promise.all([
      prepare({ project, state, topology, places, options, voice }),
      hasPage ? buildPage(project) : undefined,
    ]);
    const { authority, pki, image, keys, contracts, run } = prepared;
    const kds = options.kdsPort === undefined ? undefined : await createSimulatedKds(pki).listen(options.kdsPort);
    const processes = createProcesses({ project, state, image, pki, authority, voice, interrupted });
    try {
      const simulatedRoot = pki.arkSpkiSha256;
      const { tls, via } = options;
      const names = contracts.map(({ contract }) => contract.contract);
      writeConfigs({ project, state, topology, places, tls, via, authority, simulatedRoot, keys, contracts: names });
      await processes.start(places);
      const access = { places, ca: tls === "on" ? authority.certificate : undefined };
      for (const contract of contracts) await activateEverywhere(access, contract);
      const page = hasPage
        ? `http://localhost:${gatewayPort}/#trust=${contracts.map(({ digest }) => digest).join(",")}`
        : undefined;
      voice.say(
        "ready",
        ["The mesh is up; the hardware is simulated.", ...(page === undefined ? [] : [`Page: ${page}`])].join("\n"),
        {
          hardware: "simulated",
          page,
          services: places.map(({ label, port }) => ({ label, port })),
        },
      );
      const outcome = await runMission({ state, topology, access, contracts, run, voice, signal: interrupted });
      if (outcome.result !== undefined && options.json) voice.line(outcome.result);
      if (options.once || interrupted.aborted) return outcome.succeeded && !interrupted.aborted ? 0 : 1;
      voice.say("staying", "Ctrl-C stops the mesh.");
      const broken = await Promise.race([processes.broken, untilAborted(interrupted)]);
      if (broken === undefined) return 0;
      throw new LaunchError("PROCESS_FAILED", `${broken} keeps ending: the mesh is stopped`, { service: broken });
    } finally {
      await processes.stop();
      await kds?.close();
      await image.remove();
    }
  } finally {
    unlock();
  }
};

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(usage);
  else process.exitCode = await launch(options);
} catch (error) {
  process.exitCode = reportLaunchFailure(error);
}
