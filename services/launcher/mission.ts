// The main job: the analyses, or each owner's own records, and every attack. Run by the public commands, as anyone would.
import { ownersOf } from "#contract";
import type { StoredContract } from "./administration.ts";
import type { RunCommand, Voice } from "./console.ts";
import { denialsOf, type MeshAccess } from "./mesh-calls.ts";
import type { State } from "./state.ts";
import type { ServicePlace, Topology } from "./topology.ts";

/** What the main job works with. */
export interface MissionDeps {
  readonly state: State;
  readonly topology: Topology;
  readonly access: MeshAccess;
  readonly contracts: readonly StoredContract[];
  readonly run: RunCommand;
  readonly voice: Voice;
  readonly signal: AbortSignal;
}

/** How the main job came out. */
export interface MissionOutcome {
  readonly succeeded: boolean;
  /** The result, one line of JSON, when there is one. */
  readonly result?: string;
}

const portOf = ({ places }: MeshAccess, label: string): number => {
  const place = places.find((candidate) => candidate.label === label);
  if (place === undefined) throw new TypeError(`the topology has no ${label}`);
  return place.port;
};

/** How to reach a service: its address, and the CA or that TLS is stripped. */
const at = ({ state, access }: MissionDeps, label: string): readonly string[] => [
  "--at",
  `localhost:${portOf(access, label)}`,
  ...(access.ca === undefined ? ["--tls", "off"] : ["--ca", state.caCertificate]),
];

/** Runs a command and keeps the last line of its JSON output apart: the result is what everything ends with. */
const runWatched = async (
  deps: MissionDeps,
  args: readonly string[],
): Promise<{ readonly status: number; readonly last?: string }> => {
  const { run, voice, signal } = deps;
  if (!voice.json) {
    const { status } = await run(args, { output: "show", accept: [1, 2], signal });
    return { status };
  }
  let last: string | undefined;
  const { status } = await run([...args, "--json"], {
    accept: [1, 2],
    signal,
    output: (line) => {
      if (last !== undefined) voice.line(last);
      last = line;
    },
  });
  const isResult = last?.startsWith('{"type":"result"') ?? false;
  if (last !== undefined && !isResult) voice.line(last);
  return { status, ...(last !== undefined && isResult ? { last } : {}) };
};

/** Says which clauses every owner's broker found unmet since `before`: a caller of an analysis learns only of the first. */
const sayDenials = async (
  deps: MissionDeps,
  contract: StoredContract,
  before: ReadonlyMap<string, number>,
): Promise<void> => {
  for (const owner of ownersOf(contract.contract)) {
    const denials = (await denialsOf(deps.access, owner)).slice(before.get(owner) ?? 0);
    const last = denials.at(-1);
    if (last === undefined) continue;
    const clauses = last.clauses
      .filter(({ met }) => !met)
      .map(({ claim, expected, seen }) => `${claim}: expected ${expected}, seen ${seen ?? "nothing"}`);
    deps.voice.say("denial", `${owner}'s broker refused (${last.reason})\n  ${clauses.join("\n  ")}`, {
      broker: owner,
      reason: last.reason,
      clauses: last.clauses.filter(({ met }) => !met),
    });
  }
  deps.voice.say("approve", "If the owners want what runs now: npx sealmesh approve, and start again.");
};

const denialCounts = async (deps: MissionDeps, { contract }: StoredContract): Promise<ReadonlyMap<string, number>> =>
  new Map(
    await Promise.all(
      ownersOf(contract).map(async (owner) => [owner, (await denialsOf(deps.access, owner)).length] as const),
    ),
  );

const runAnalyses = async (deps: MissionDeps, analytics: ServicePlace): Promise<MissionOutcome> => {
  let outcome: MissionOutcome = { succeeded: true };
  for (const analysis of deps.topology.analyses) {
    const contract = deps.contracts.find((candidate) => analysis.startsWith(`${candidate.contract.contract}/`));
    if (contract === undefined) throw new TypeError(`no contract of the topology has the analysis ${analysis}`);
    const before = await denialCounts(deps, contract);
    const { status, last } = await runWatched(deps, [
      "analyze",
      analysis,
      ...at(deps, analytics.label),
      "--contract",
      contract.file,
      "--trust",
      contract.digest,
    ]);
    if (status !== 0) await sayDenials(deps, contract, before);
    outcome = { succeeded: outcome.succeeded && status === 0, ...(last === undefined ? {} : { result: last }) };
  }
  return outcome;
};

/** Each owner opens its own records in its own TEE, and is refused every other owner's. */
const openOwnRecords = async (deps: MissionDeps): Promise<MissionOutcome> => {
  let succeeded = true;
  const outcomes: unknown[] = [];
  for (const { contract } of deps.contracts) {
    for (const [name, query] of Object.entries(contract.queries)) {
      if (query.records === undefined) continue;
      for (const { role, party, label } of deps.access.places) {
        if (role !== "provider") continue;
        const own = query.run_by === label;
        const expectation = own ? [] : ["--expect-refusal"];
        const { status } = await runWatched(deps, [
          "records",
          `${contract.contract}/${name}`,
          ...at(deps, label),
          ...expectation,
        ]);
        succeeded &&= status === 0;
        outcomes.push({
          contract: contract.contract,
          query: name,
          provider: party,
          opened: own && status === 0,
          refused: !own && status === 0,
        });
      }
    }
  }
  return { succeeded, result: JSON.stringify({ type: "result", records: outcomes }) };
};

const runAll = async (deps: MissionDeps): Promise<MissionOutcome> => {
  const analytics = deps.access.places.find(({ role }) => role === "analytics");
  const outcome = analytics === undefined ? await openOwnRecords(deps) : await runAnalyses(deps, analytics);
  if (deps.signal.aborted || deps.topology.snooper === undefined) return outcome;
  const attacks = await runWatched(deps, ["attack", "--all", ...at(deps, "snooper")]);
  return { ...outcome, succeeded: outcome.succeeded && attacks.status === 0 };
};

/**
 * Runs the main job.
 *
 * @returns whether the analyses succeeded and every attack was refused; an interrupted job did not succeed
 */
export const runMission = async (deps: MissionDeps): Promise<MissionOutcome> => {
  try {
    return await runAll(deps);
  } catch (error) {
    if (deps.signal.aborted) return { succeeded: false };
    throw error;
  }
};
