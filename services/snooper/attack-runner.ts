// Runs one attack at a time: two at once would meet each other's alterations.
import { ConnectError } from "@connectrpc/connect";
import { PeerError } from "#mesh";
import type { Attack, AttackContext, Reach, Scene } from "./attack.ts";
import { outcomeOf, type Attempt, type Outcome } from "./attempt.ts";
import { catalogueFor } from "./catalogue.ts";
import { refusalOf } from "./refusal.ts";
import { SnooperError } from "./snooper-error.ts";

/** What the watcher of an attack is told. */
export type AttackEvent =
  | { readonly kind: "step"; readonly description: string }
  | { readonly kind: "outcome"; readonly outcome: Outcome };

/** What attacks run with. */
export interface RunnerDeps {
  readonly scene: Scene;
  /** Opens the attacker's connections anew: a service that was restarted has another TLS key. */
  readonly connect: () => { readonly reach: Reach; readonly close: () => void };
  readonly tlsSpkiSha256: Uint8Array | null;
}

/** Runs attacks. */
export interface AttackRunner {
  readonly attacks: readonly Attack[];
  /**
   * Runs an attack and tells what happens, the outcome last.
   *
   * @throws {SnooperError} ATTACK_UNKNOWN, RATE_LIMITED while another runs
   */
  run(id: string, signal: AbortSignal): AsyncGenerator<AttackEvent>;
}

/** What an attack that could not be made to its end came to; undefined for an error of our own. */
const cutShort = (error: unknown): Attempt | undefined => {
  const attempt = "the preparation of the attack";
  if (error instanceof ConnectError) return { verdict: "inconclusive", attempt, ...refusalOf(error) };
  if (error instanceof PeerError || (error instanceof SnooperError && error.code === "ATTACK_UNPREPARED"))
    return { verdict: "inconclusive", attempt, reason: error.code, explanation: error.message };
  return undefined;
};

async function* play(attack: Attack, context: AttackContext): AsyncGenerator<AttackEvent, Outcome> {
  const steps = attack.run(context);
  try {
    for (;;) {
      const next = await steps.next();
      if (next.done === true) return next.value;
      yield { kind: "step", description: next.value };
    }
  } catch (error) {
    const attempt = cutShort(error);
    if (attempt === undefined) throw error;
    return outcomeOf([attempt], "");
  } finally {
    // For a watcher who left: ends the attack where it stands, and what it altered is restored.
    await steps.return({ result: "INCONCLUSIVE", denials: [], learned: "" });
  }
}

/** Makes the runner of the attacks that the scene allows. */
export const createAttackRunner = ({ scene, connect, tlsSpkiSha256 }: RunnerDeps): AttackRunner => {
  const attacks = catalogueFor(scene);
  let running: string | undefined;
  return {
    attacks,
    async *run(id, signal) {
      const attack = attacks.find((candidate) => candidate.id === id);
      if (attack === undefined)
        throw new SnooperError("ATTACK_UNKNOWN", `there is no attack ${JSON.stringify(id)}`, { attack: id });
      if (running !== undefined) throw new SnooperError("RATE_LIMITED", `the attack ${running} runs`, { running });
      running = id;
      const { reach, close } = connect();
      let outcome: Outcome;
      try {
        outcome = yield* play(attack, { ...scene, reach, tlsSpkiSha256, signal });
      } finally {
        close();
        running = undefined;
      }
      // Only now: whoever hears of the outcome may start the next attack.
      yield { kind: "outcome", outcome };
    },
  };
};
