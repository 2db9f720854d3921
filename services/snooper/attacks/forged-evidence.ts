import { randomBytes } from "node:crypto";
import type { Evidence } from "#attestation";
import { toEvidenceMessage } from "#mesh";
import { targetsOf, type Attack } from "../attack.ts";
import { attemptEach, outcomeOf, type Attempt } from "../attempt.ts";
import {
  createOwnAuthority,
  signedByStranger,
  underOwnRoot,
  withOtherClaims,
  type GenuineReport,
  type OwnAuthority,
} from "../forgery.ts";
import { askForKeys, EVIDENCE_REFUSALS, ownReleaseClaims, wrappedKeysOf } from "../key-request.ts";
import { knownQueries, queryAt } from "../known-queries.ts";
import { readerEvidence } from "../public-evidence.ts";

const NONCE_BYTES = 32;

type Forge = (genuine: GenuineReport, claims: Uint8Array, authority: OwnAuthority) => Promise<Evidence>;

const forgeries: readonly { readonly what: string; readonly fitting: readonly string[]; readonly forge: Forge }[] = [
  {
    what: "its report over my claims and the signature it had",
    fitting: EVIDENCE_REFUSALS.forged,
    forge: withOtherClaims,
  },
  {
    what: "its report over my claims, signed with my own P-384 key, and its certificates",
    fitting: EVIDENCE_REFUSALS.forged,
    forge: signedByStranger,
  },
  {
    what: "its report over my claims, and a chain of certificates that I issued under AMD's names",
    fitting: EVIDENCE_REFUSALS.foreignRoot,
    forge: underOwnRoot,
  },
];

/** Shows evidence of its own making. */
export const forgedEvidence: Attack = {
  id: "forged-evidence",
  title: "Forges the evidence of the workload that gets the keys, with its own keys in the claims",
  defence: "Only the chip's key signs a report, and the root above that key is pinned",
  applies: (scene) => targetsOf(scene, "broker").length > 0,
  async *run(context) {
    const queries = await knownQueries(context);
    const authority = await createOwnAuthority();
    const attempts: Attempt[] = [];
    for (const broker of targetsOf(context, "broker")) {
      const { known, runner } = queryAt(queries, broker, context.targets);
      const genuine = await readerEvidence(context, runner, randomBytes(NONCE_BYTES));
      yield `took the public evidence of ${runner.label}: right measurement, right host data, and the contract lets it have keys of ${broker.party}`;
      const keys = await wrappedKeysOf(context.storage, broker.party);
      attempts.push(
        ...(yield* attemptEach(
          forgeries.map(({ what, fitting, forge }) => ({
            attempt: `keys of ${broker.party} as ${runner.label}, with ${what}`,
            fitting,
            run: async () => {
              const claims = await ownReleaseClaims(context, broker, known);
              const evidence = toEvidenceMessage(await forge(genuine, claims, authority));
              return askForKeys(context, broker, { evidence, keys });
            },
          })),
        )),
      );
    }
    return outcomeOf(
      attempts,
      "no key; the workloads' measurements, host data and certificates are for everyone to read",
    );
  },
};
