// The hostile operator: alters what lies in the storage and has it opened. What was altered is restored, whatever happens.
import { whileAltered, flipBytes } from "../alteration.ts";
import { targetsOf, type Attack } from "../attack.ts";
import { attempted, describeAttempt, outcomeOf, type Attempt } from "../attempt.ts";
import { openingsOf, type Opening } from "../openings.ts";
import { pagesOf, readStructure, type SealedModule } from "../sealed-structure.ts";
import { unprepared } from "../snooper-error.ts";
import { partPath, publicClassKeys } from "../stored-datasets.ts";
import { sealAsStranger } from "../stranger-part.ts";

const PART = 0;
/** Pages that are tried one by one. The attacker cannot see which columns they belong to, nor which ones a query reads. */
const MOST_SINGLE_PAGES = 8;

const SEAL_REFUSALS = ["SEAL_BROKEN"];
const SWAP_REFUSALS = ["MANIFEST_FOOTER_MISMATCH", "MANIFEST_PART_MISMATCH"];

/** A byte in the ciphertext of a module: behind length and nonce, before the tag. */
const middleOf = ({ offset, length }: SealedModule): number => offset + 16 + Math.floor((length - 32) / 2);

const nameOf = ({ dataset: { manifest } }: Opening): string => `part ${PART} of ${manifest.dataset}`;

/** Flips bytes and has the part opened. */
const openFlipped = (opening: Opening, pages: readonly SealedModule[], what: string): Promise<Attempt> =>
  whileAltered(
    partPath(opening.dataset, PART),
    (path) => flipBytes(path, pages.map(middleOf)),
    () =>
      attempted({
        attempt: `${opening.what} over ${nameOf(opening)} with ${what}`,
        fitting: SEAL_REFUSALS,
        run: opening.open,
      }),
  );

/**
 * One byte of one page, page by page from the end of the file, until a run meets it. A run that ends well has not read that page: only
 * with a byte altered in every page is a good end a success of the attacker.
 */
async function* flip(opening: Opening): AsyncGenerator<string, Attempt> {
  const { modules } = await readStructure(partPath(opening.dataset, PART));
  const pages = pagesOf(modules ?? []);
  if (pages.length === 0) throw unprepared(`${nameOf(opening)} has no sealed pages`);
  for (const page of pages.slice(-MOST_SINGLE_PAGES).toReversed()) {
    const made = await openFlipped(opening, [page], `one bit flipped at byte ${middleOf(page)}`);
    if (made.verdict !== "succeeded") {
      yield describeAttempt(made);
      return made;
    }
    yield `flipped one bit at byte ${middleOf(page)} of ${nameOf(opening)}: ${made.gained}, so no column that the query reads lies there`;
  }
  const made = await openFlipped(opening, pages, `one bit flipped in each of its ${pages.length} pages`);
  yield describeAttempt(made);
  return made;
}

/** The whole part, sealed by a stranger with the owner's public keys. */
async function* swap(opening: Opening): AsyncGenerator<string, Attempt> {
  const { dataset } = opening;
  const publicKeys = await publicClassKeys(dataset);
  yield `sealing a file of invented rows as ${nameOf(opening)}: right public keys, right AAD prefix, right schema, ${dataset.manifest.parts[PART]?.rows} rows`;
  const made = await whileAltered(
    partPath(dataset, PART),
    (path) => sealAsStranger(path, { manifest: dataset.manifest, part: PART, publicKeys }),
    () =>
      attempted({
        attempt: `${opening.what} over a file that a stranger sealed as ${nameOf(opening)}`,
        fitting: SWAP_REFUSALS,
        run: opening.open,
      }),
  );
  yield describeAttempt(made);
  return made;
}

/** That the storage is as it was; otherwise the refusals above may have had another cause. */
async function* control(openings: Iterable<Opening>): AsyncGenerator<string, readonly Attempt[]> {
  const failed: Attempt[] = [];
  for (const opening of openings) {
    const made = await attempted({
      attempt: `${opening.what} over the restored storage`,
      fitting: [],
      run: opening.open,
    });
    yield made.verdict === "succeeded" ? `${made.attempt}: ${made.gained}` : describeAttempt(made);
    if (made.verdict !== "succeeded") failed.push(made);
  }
  return failed;
}

/** Alters stored bytes. */
export const alteredBytes: Attack = {
  id: "altered-bytes",
  title: "Alters a byte of a sealed part in the storage, then swaps the whole part for one of its own making",
  defence:
    "Every page is authenticated under a key that only the sealer had, and the owner's signed manifest names the footer",
  applies: (scene) => targetsOf(scene, "analytics").length > 0 || targetsOf(scene, "provider").length > 0,
  async *run(context) {
    const openings = await openingsOf(context);
    const [first, last] = [openings[0], openings.at(-1)];
    if (first === undefined || last === undefined) throw unprepared("nothing can be opened");
    const attempts = [yield* flip(first), yield* swap(last)];
    // One opening after the other may be the same run.
    const restored = first.what === last.what ? [first] : [first, last];
    return outcomeOf(
      [...attempts, ...(yield* control(restored))],
      "nothing; the number and the sizes of encrypted pages are for everyone to see, not what they hold",
    );
  },
};
