// `npm run mutation`: changes the verifier in every way that Stryker knows, one at a time, and runs its tests on each: what stays green
// is not tested. Ends with 1 when less than 85 % of the changes are noticed.
//
//   npm run mutation                                      all, which takes most of an hour
//   npm run mutation -- -m services/lib/attestation/report/report.ts
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

const project = dirname(dirname(import.meta.dirname));
const tools = join(project, "node_modules", ".bin");
const sandboxes = join(project, ".stryker-tmp");
const vectors = join(dirname(project), "shared");

// Stryker copies the sources into a sandbox, from where the tests look for the shared vectors as from the project.
rmSync(sandboxes, { recursive: true, force: true });
mkdirSync(sandboxes);
if (existsSync(vectors)) symlinkSync(vectors, join(sandboxes, "shared"));
// One set of keys for the many processes: making them would take longer than the tests.
const keys = mkdtempSync(join(tmpdir(), "sealmesh-mutation-"));
const { status } = spawnSync(
  process.execPath,
  [join(tools, "stryker"), "run", join("test", "mutation", "stryker.config.json"), ...process.argv.slice(2)],
  {
    cwd: project,
    stdio: "inherit",
    env: {
      ...process.env,
      // Stryker starts the tests with whatever `node` is found first: the pinned runtime.
      PATH: `${tools}${delimiter}${process.env["PATH"] ?? ""}`,
      SEALMESH_FAKE_KEYS: join(keys, "keys.json"),
    },
  },
);
rmSync(keys, { recursive: true });
rmSync(sandboxes, { recursive: true, force: true });
process.exit(status ?? 1);
