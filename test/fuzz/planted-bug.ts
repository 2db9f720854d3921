import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fuzz } from "./coverage-guided.ts";
import { type Plant, writePlainCopy } from "./plain-copy.ts";
import { target } from "./targets/report.ts";

/** A bug behind bytes far apart that no check looks at: hardly any input that is changed at random passes all comparisons at once. */
export const plant: Plant = {
  file: "services/lib/attestation/report/report.ts",
  before: "  const hasCpuid = version >= 3;",
  insert: `if (report[0x10] === 0x5a) if (report[0x90] === 0xe7) if (report[0xc3] === 0x99) throw new TypeError("planted");`,
};
/** Found after two to five million executions, in a minute or two. */
const SECONDS = 900;

/** Plants a bug in the copy alone and looks for it, guided by coverage, then blindly with as many inputs. Status 0 when it is found. */
export async function plantedBug(print: (line: string) => void): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "sealmesh-planted-"));
  try {
    writePlainCopy(folder, plant);
    const run = (kind: string) => ({
      name: "report",
      target,
      folder,
      corpus: join(folder, "corpus", kind),
      findings: join(folder, "findings", kind),
      seconds: SECONDS,
      seed: 1,
    });
    const guided = await fuzz(run("guided"));
    const isFound = guided.findings.length > 0;
    const found = isFound ? "found after" : "NOT FOUND in";
    print(`${found} ${guided.executions} executions guided by coverage, ${guided.seconds.toFixed(1)} s`);
    if (!isFound) return 1;
    const blind = await fuzz({ ...run("blind"), executions: guided.executions, blind: true });
    print(`${blind.findings.length > 0 ? "found" : "not found"} by ${blind.executions} blind executions`);
    return 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
