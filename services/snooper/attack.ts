import type { DescService } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import type { Outcome } from "./attempt.ts";

/** Where a service listens, and the name in its certificate. */
export interface Place {
  readonly address: string;
  readonly serverName: string;
}

/** A service of the mesh that the attacker can reach, as any stranger can. */
export interface Target extends Place {
  /** `contoso/broker`. */
  readonly label: string;
  readonly role: "broker" | "provider" | "analytics";
  readonly party: string;
}

/** A query that the analytics partner runs. */
export interface Analysis {
  readonly contract: string;
  readonly query: string;
}

/** What can be attacked: known before anything is tried. */
export interface Scene {
  /** The storage's folder. */
  readonly storage: string;
  readonly targets: readonly Target[];
  readonly analyses: readonly Analysis[];
  /** Names of contracts. */
  readonly contracts: readonly string[];
  readonly changedAnalytics?: Place | undefined;
}

/** Opens a client over the attacker's own connection. */
export type Reach = <S extends DescService>(place: Place, service: S) => Client<S>;

/** What an attack works with. */
export interface AttackContext extends Scene {
  readonly reach: Reach;
  /** SHA-256 of the attacker's own TLS key; null when TLS is off. */
  readonly tlsSpkiSha256: Uint8Array | null;
  /** Aborted when nobody watches any more. */
  readonly signal: AbortSignal;
}

/** One attack. */
export interface Attack {
  readonly id: string;
  /** What the attacker does, one sentence. */
  readonly title: string;
  /** Why it should fail, one sentence. */
  readonly defence: string;
  /** Whether the attack can be made on such a mesh. */
  readonly applies: (scene: Scene) => boolean;
  /**
   * Makes the attack: yields what was done and what came back, returns how it ended. What it changed is restored, also when it is left.
   *
   * @throws {SnooperError} ATTACK_UNPREPARED
   * @throws {ConnectError} when a party does not answer what anyone may ask
   */
  readonly run: (context: AttackContext) => AsyncGenerator<string, Outcome>;
}

/** The targets of one role, in the order of the configuration. */
export const targetsOf = (scene: Pick<Scene, "targets">, role: Target["role"]): readonly Target[] =>
  scene.targets.filter((target) => target.role === role);

const UNARY_TIMEOUT_MS = 30_000;
const RUN_TIMEOUT_MS = 300_000;

/** Options of a unary call. */
export const callOptions = ({ signal }: Pick<AttackContext, "signal">) => ({ signal, timeoutMs: UNARY_TIMEOUT_MS });

/** Options of a call that waits for a whole run. */
export const runOptions = ({ signal }: Pick<AttackContext, "signal">) => ({ signal, timeoutMs: RUN_TIMEOUT_MS });
