// The RPCs of Snooper, mapped to the domain: messages in, messages out, nothing decided here.
import { randomBytes } from "node:crypto";
import { AttackResult, Snooper } from "#gen/sealmesh/snooper/v1alpha1/snooper_pb.ts";
import { meshService, page, type MeshService } from "#mesh";
import type { AttackRunner } from "./attack-runner.ts";
import type { StoredObjects } from "./stored-objects.ts";

/** What the routes work with. */
export interface RouteDeps {
  readonly runner: AttackRunner;
  readonly objects: StoredObjects;
}

/** The service of the attacker. */
export const snooperService = ({ runner, objects }: RouteDeps): MeshService => {
  const secret = randomBytes(32);
  return meshService(Snooper, {
    async listAttacks({ pageSize, pageToken }) {
      const { items, nextPageToken } = page(runner.attacks, { list: "attacks", pageSize, pageToken, secret });
      return { attacks: items.map(({ id, title, defence }) => ({ id, title, defence })), nextPageToken };
    },

    async *runAttack({ attack }, { signal }) {
      let sequence = 0n;
      for await (const event of runner.run(attack, signal)) {
        sequence += 1n;
        if (event.kind === "step") {
          yield { sequence, event: { case: "step", value: { description: event.description } } };
        } else {
          const { result, denials, learned } = event.outcome;
          const outcome = { result: AttackResult[result], denials: [...denials], learned };
          yield { sequence, event: { case: "outcome", value: outcome } };
        }
      }
    },

    async listStorage({ pageSize, pageToken }) {
      const { items, nextPageToken } = page(await objects.names(), { list: "storage", pageSize, pageToken, secret });
      const seen = await Promise.all(items.map((name) => objects.look(name)));
      return {
        objects: seen.flatMap((object) =>
          object === undefined ? [] : [{ ...object, sizeBytes: BigInt(object.sizeBytes) }],
        ),
        nextPageToken,
      };
    },
  });
};
