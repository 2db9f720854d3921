// `npm start` as people type it: through npm and the bootstrap, whose end must be the end of everything.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { endWithTests, freshFolder, takePorts } from "./fresh.ts";
import { leftAfter, processesNaming } from "./processes.ts";
import { environmentFor, project } from "./program.ts";

test("ending npm ends the mesh, and leaves no process", async () => {
  const [state, ports] = [join(freshFolder(), "state"), await takePorts()];
  const words = [
    "--json",
    "--topology=demo",
    `--state=${state}`,
    `--mesh-port=${ports.mesh}`,
    `--page-port=${ports.page}`,
  ];
  const npm = spawn("npm", ["start", "--", ...words], {
    cwd: project,
    env: environmentFor(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  endWithTests(npm);
  for await (const line of createInterface({ input: npm.stdout })) if (line.includes('"type":"ready"')) break;
  const running = processesNaming(state);
  assert.ok(running.length > 6, `${running.length} processes of the mesh`);
  npm.kill("SIGTERM");
  await once(npm, "exit");
  assert.deepEqual(await leftAfter(running, 15_000), []);
});
