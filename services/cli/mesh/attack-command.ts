// `sealmesh attack`: have the attacker try, and see what comes of it. Exit status 0 only if every attack was refused.
import type { Command } from "commander";
import { AttackResult, Snooper, type AttackOutcome } from "#gen/sealmesh/snooper/v1alpha1/snooper_pb.ts";
import type { MeshConnection } from "#mesh";
import { CliError } from "../cli-error.ts";
import { reach, withReach, type ReachOptions } from "./reach.ts";

interface AttackOptions extends ReachOptions {
  readonly all?: true;
  readonly json?: true;
}

const words: Readonly<Record<number, string>> = {
  [AttackResult.DENIED]: "DENIED",
  [AttackResult.SUCCEEDED]: "SUCCEEDED",
  [AttackResult.INCONCLUSIVE]: "INCONCLUSIVE",
};

const wordOf = (result: AttackResult): string => words[result] ?? "UNKNOWN";

/** Digests are cut for people; programs get them whole. */
const longHex = /\b([0-9a-f]{12})[0-9a-f]{20,}\b/g;

const say = (options: AttackOptions, sentence: string, parts: Readonly<Record<string, unknown>>): void => {
  process.stdout.write(options.json ? `${JSON.stringify(parts)}\n` : `${sentence.replace(longHex, "$1…")}\n`);
};

const showOutcome = (options: AttackOptions, attack: string, { result, denials, learned }: AttackOutcome): void => {
  const word = wordOf(result);
  // For people the steps have said already what was refused and why.
  const reasons = [...new Set(denials.map(({ reason }) => reason))].join(", ");
  say(options, [`  ${word} (${reasons})`, ...(learned === "" ? [] : [`  It did learn: ${learned}`])].join("\n"), {
    type: "attack",
    attack,
    outcome: word,
    denials: denials.map(({ attempt, reason, explanation }) => ({ attempt, reason, explanation })),
    learned,
  });
};

const runOne = async (connection: MeshConnection, attack: string, options: AttackOptions): Promise<AttackResult> => {
  for await (const { event } of connection.client(Snooper).runAttack({ attack })) {
    if (event.case === "step")
      say(options, `  ${event.value.description}`, {
        type: "attack-step",
        attack,
        description: event.value.description,
      });
    if (event.case === "outcome") {
      showOutcome(options, attack, event.value);
      return event.value.result;
    }
  }
  throw new CliError("ATTACK_NOT_REFUSED", `attack ${attack} ended without an outcome`, { attack });
};

/** Adds `sealmesh attack`. */
export const addAttackCommand = (program: Command): void => {
  withReach(
    program
      .command("attack")
      .argument("[attacks...]", "ids of attacks; without any, and without --all, they are listed"),
    "snooper",
  )
    .summary("have the attacker try")
    .option("--all", "all attacks, one after the other")
    .option("--json", "one JSON object per line")
    .addHelpText("after", "\nExample: sealmesh attack --all")
    .action(async (chosen: readonly string[], options: AttackOptions) => {
      await reach(options, async (connection) => {
        const { attacks } = await connection.client(Snooper).listAttacks({ pageSize: 200 });
        const unknown = chosen.find((id) => !attacks.some((attack) => attack.id === id));
        if (unknown !== undefined)
          throw new CliError("ARGUMENT_INVALID", `the attacker knows no attack ${unknown}`, { attack: unknown });
        const wanted = attacks.filter(({ id }) => options.all === true || chosen.includes(id));
        if (wanted.length === 0) {
          for (const { id, title } of attacks)
            say(options, `${id.padEnd(24)}${title}`, { type: "attack", attack: id, title });
          return;
        }
        const notRefused = new Map<string, AttackResult>();
        for (const { id, title } of wanted) {
          say(options, `\nAttack ${id}: ${title}`, { type: "attack-started", attack: id, title });
          const result = await runOne(connection, id, options);
          if (result !== AttackResult.DENIED) notRefused.set(id, result);
        }
        if (notRefused.size > 0) {
          const outcomes = [...notRefused].map(([id, result]) => `${id} (${wordOf(result)})`).join(", ");
          throw new CliError("ATTACK_NOT_REFUSED", `not refused: ${outcomes}`, { attacks: [...notRefused.keys()] });
        }
      });
    });
};
