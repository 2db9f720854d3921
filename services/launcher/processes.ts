// The processes of the mesh: started together, restarted when one dies, stopped together.
import { setTimeout as sleep } from "node:timers/promises";
import type { CertificateAuthority } from "./certificate-authority.ts";
import type { Voice } from "./console.ts";
import type { LaunchImage } from "./host/image.ts";
import { launchStandard, launchWorkload, type Launched } from "./host/launch.ts";
import type { StandardRole } from "./host/roles.ts";
import type { SimulatedPki } from "./host/simulated-pki.ts";
import type { State } from "./state.ts";
import { supervise, type Supervised } from "./supervised.ts";
import type { ServicePlace } from "./topology.ts";

const RESTART_AFTER_MS = 500;
const MOST_RESTARTS = 5;
const RESTARTS_WITHIN_MS = 60_000;

/** What starting works with. */
export interface ProcessDeps {
  readonly project: string;
  readonly state: State;
  readonly image: LaunchImage;
  readonly pki: SimulatedPki;
  readonly authority: CertificateAuthority;
  readonly voice: Voice;
  /** Aborted when the person interrupts: from then on processes end because they were told to, by the terminal or by the launcher. */
  readonly interrupted: AbortSignal;
}

/** The running mesh. */
export interface Processes {
  /** Starts services side by side and settles when all are ready. */
  start(places: readonly ServicePlace[]): Promise<void>;
  /** Stops all, in the reverse order of their start; settles when none is left. */
  stop(): Promise<void>;
  /** Settles when a service died too often to be restarted; says which. */
  readonly broken: Promise<string>;
}

const launch = ({ project, state, image, pki }: ProcessDeps, { role, party, label }: ServicePlace): Launched => {
  const folders = { ownFolder: state.service(label), storageFolder: state.storage };
  const workload = image.workloads.get(label);
  if (workload !== undefined) return launchWorkload({ pki, image: workload, ...folders });
  return launchStandard({ role: role as StandardRole, party, project, node: process.execPath, ...folders }); // every other role has a workload image
};

/** Makes the set of processes; nothing is started yet. */
export const createProcesses = (deps: ProcessDeps): Processes => {
  const running = new Map<string, Supervised>();
  const { promise: broken, resolve: giveUp } = Promise.withResolvers<string>();
  let stopping = false;
  const isStopping = (): boolean => stopping || deps.interrupted.aborted;

  const startOne = async (place: ServicePlace): Promise<void> => {
    const supervised = await supervise(launch(deps, place).child, place, deps.authority);
    running.set(place.label, supervised);
    if (isStopping()) await supervised.stop();
    void keepAlive(place, supervised);
  };

  const restarts = new Map<string, number[]>();
  const mayRestart = (label: string): boolean => {
    const recent = (restarts.get(label) ?? []).filter((time) => Date.now() - time < RESTARTS_WITHIN_MS);
    restarts.set(label, [...recent, Date.now()]);
    return recent.length < MOST_RESTARTS;
  };

  const keepAlive = async (place: ServicePlace, supervised: Supervised): Promise<void> => {
    const how = await supervised.ended;
    if (isStopping()) return;
    deps.voice.say("died", `${place.label} ended: ${how}; it is started again`, { service: place.label, how });
    await sleep(RESTART_AFTER_MS);
    if (isStopping()) return;
    if (!mayRestart(place.label)) {
      giveUp(place.label);
      return;
    }
    try {
      await startOne(place);
    } catch {
      giveUp(place.label);
    }
  };

  return {
    broken,
    async start(places) {
      const outcomes = await Promise.allSettled(places.map(startOne));
      const failed = outcomes.find((outcome) => outcome.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    },
    async stop() {
      stopping = true;
      // Those that call others first, so that nobody reports a neighbour that is gone on purpose.
      for (const supervised of [...running.values()].toReversed()) await supervised.stop();
    },
  };
};
