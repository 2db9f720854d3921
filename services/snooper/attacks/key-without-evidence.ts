import { targetsOf, type Attack } from "../attack.ts";
import { attemptEach, outcomeOf, type Attempt } from "../attempt.ts";
import { askForKeys, EVIDENCE_REFUSALS, wrappedKeysOf } from "../key-request.ts";

/** Asks for keys and proves nothing. */
export const keyWithoutEvidence: Attack = {
  id: "key-without-evidence",
  title: "Asks every broker for keys without showing what it is",
  defence:
    "A broker releases keys to evidence of a TEE and to nothing else, not even to a certificate of the same authority",
  applies: (scene) => targetsOf(scene, "broker").length > 0,
  async *run(context) {
    const attempts: Attempt[] = [];
    for (const broker of targetsOf(context, "broker")) {
      const keys = await wrappedKeysOf(context.storage, broker.party);
      yield `took the wrapped footer key of ${broker.party} from the storage and asks ${broker.label} to unwrap it`;
      const empty = { report: new Uint8Array(), certificates: [] };
      const trials = [
        { attempt: `keys of ${broker.party} without evidence`, evidence: undefined },
        { attempt: `keys of ${broker.party} with evidence of no technology`, evidence: {} },
        {
          attempt: `keys of ${broker.party} with an empty report`,
          evidence: {
            technology: { case: "sevSnp" as const, value: empty },
            runtimeClaims: new TextEncoder().encode("{}"),
          },
        },
      ];
      attempts.push(
        ...(yield* attemptEach(
          trials.map(({ attempt, evidence }) => ({
            attempt,
            fitting: EVIDENCE_REFUSALS.missing,
            run: () => askForKeys(context, broker, { keys, ...(evidence === undefined ? {} : { evidence }) }),
          })),
        )),
      );
    }
    return outcomeOf(attempts, "no key");
  },
};
