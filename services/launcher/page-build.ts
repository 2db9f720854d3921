// The page as the gateway serves it: built again when a source is newer than what was built.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { LaunchError } from "./launch-error.ts";

const SOURCES = [
  "web/*.{html,ts,json}",
  "web/src/**/*",
  "web/public/**/*",
  "services/lib/{attestation,sealing,contract}/**/*.ts",
  "gen/ts/**/*.ts",
  "package-lock.json",
];

const modified = (file: string): number => statSync(file).mtimeMs;

/**
 * Builds the page if need be.
 *
 * @throws {LaunchError} COMMAND_FAILED
 */
export const buildPage = async (project: string): Promise<void> => {
  const built = join(project, "web", "dist", "index.html");
  const newest = Math.max(...globSync(SOURCES, { cwd: project }).map((file) => modified(join(project, file))));
  if (existsSync(built) && modified(built) >= newest) return;
  const vite = join(project, "node_modules", "vite", "bin", "vite.js");
  // Built aside and then put in place, so that nobody is served half a page and two launchers do not build into each other's.
  const draft = join(project, "web", `dist.${process.pid}`);
  const words = [
    "build",
    "--config",
    join(project, "web", "vite.config.ts"),
    "--logLevel",
    "error",
    "--outDir",
    draft,
    "--emptyOutDir",
  ];
  const child = spawn(process.execPath, [vite, ...words], { cwd: project, stdio: ["ignore", 2, 2] });
  await once(child, "close");
  if (child.exitCode !== 0) {
    throw new LaunchError("COMMAND_FAILED", `the page could not be built: vite ended with status ${child.exitCode}`, {
      command: "vite build",
    });
  }
  const place = join(project, "web", "dist");
  rmSync(place, { recursive: true, force: true });
  try {
    renameSync(draft, place);
  } catch {
    // Another launcher put the same page there in between.
    rmSync(draft, { recursive: true, force: true });
  }
};
