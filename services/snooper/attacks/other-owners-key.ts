import { partyOf } from "#contract";
import { targetsOf, type Attack, type Scene, type Target } from "../attack.ts";
import { attemptEach, outcomeOf, type Trial } from "../attempt.ts";
import { isRefusedForItsCode } from "../host-data.ts";
import { knownQueries } from "../known-queries.ts";
import { openRecords } from "../runs.ts";

/** A TEE, and another owner's broker that it is to ask. */
interface Pair {
  readonly provider: Target;
  readonly broker: Target;
}

const pairsOf = (scene: Pick<Scene, "targets">): readonly Pair[] =>
  targetsOf(scene, "provider").flatMap((provider) =>
    targetsOf(scene, "broker")
      .filter(({ party }) => party !== provider.party)
      .map((broker) => ({ provider, broker })),
  );

/** Uses one owner's TEE against another owner. */
export const otherOwnersKey: Attack = {
  id: "other-owners-key",
  title: "Has one owner's genuine TEE ask for another owner's keys, in every direction",
  defence: "A broker releases keys to the code that its owner signed for, not to whatever runs in a genuine TEE",
  applies: (scene) => pairsOf(scene).length > 0,
  async *run(context) {
    const queries = await knownQueries(context);
    const trials = pairsOf(context).flatMap(({ provider, broker }) =>
      queries.flatMap(({ contract, name, query }) =>
        query.over
          .filter((dataset) => partyOf(dataset) === broker.party)
          .map((dataset): Trial => ({
            attempt: `${provider.label} asks ${broker.label} for the keys of ${dataset} under ${contract.contract}/${name}`,
            // No other reason fits: what the TEE refuses once it has the keys would be no defence.
            fitting: isRefusedForItsCode,
            run: () => openRecords(context, provider, { contract: contract.contract, query: name, dataset }),
          })),
      ),
    );
    return outcomeOf(yield* attemptEach(trials), "no key of another owner");
  },
};
