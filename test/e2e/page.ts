// The page, built once for all test files: launchers that are started side by side in a fresh clone would build it into the same folder.
import { setTimeout as sleep } from "node:timers/promises";
import { buildPage } from "../../services/launcher/page-build.ts";
import { listenOn } from "./fresh.ts";
import { PATIENCE_MS, project } from "./program.ts";

// Whoever listens here builds. The system takes it back when a process ends, however it ends.
const TURN_PORT = 19_999;

const build = async (): Promise<void> => {
  const deadline = Date.now() + PATIENCE_MS;
  let turn = await listenOn(TURN_PORT);
  while (turn === undefined) {
    if (Date.now() > deadline) throw new Error(`port ${TURN_PORT} was never free: another process listens there`);
    await sleep(100);
    turn = await listenOn(TURN_PORT);
  }
  try {
    await buildPage(project);
  } finally {
    turn.close();
  }
};

let built: Promise<void> | undefined;

/** Settles when the page is built. */
export const pageBuilt = (): Promise<void> => (built ??= build());
