// Every attack there is, in the order in which they are best shown.
import type { Attack, Scene } from "./attack.ts";
import { alteredBytes } from "./attacks/altered-bytes.ts";
import { changedCode } from "./attacks/changed-code.ts";
import { forgedEvidence } from "./attacks/forged-evidence.ts";
import { keyWithoutEvidence } from "./attacks/key-without-evidence.ts";
import { otherOwnersKey } from "./attacks/other-owners-key.ts";
import { readStorage } from "./attacks/read-storage.ts";
import { replayedEvidence } from "./attacks/replayed-evidence.ts";

const attacks: readonly Attack[] = [
  readStorage,
  keyWithoutEvidence,
  forgedEvidence,
  replayedEvidence,
  otherOwnersKey,
  changedCode,
  alteredBytes,
];

/** The attacks that can be made on a mesh. */
export const catalogueFor = (scene: Scene): readonly Attack[] => attacks.filter(({ applies }) => applies(scene));
