// What tests need beside npm packages: Debian's Chromium. Installed where this user may install packages; elsewhere the tests that
// need it say that they are skipped.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const isOnPath = (program: string): boolean =>
  (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));

/** Installs a Debian package for a program that is missing, when that is possible without asking anyone. */
const ensure = (program: string, debianPackage: string): void => {
  if (isOnPath(program) || !isOnPath("apt-get") || process.getuid?.() !== 0) return;
  process.stderr.write(`installing ${debianPackage} from Debian's packages\n`);
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", debianPackage]]) {
    const { status } = spawnSync("apt-get", ["-qq", ...args], { stdio: ["ignore", 2, 2], env: environment });
    if (status !== 0)
      process.stderr.write(
        `apt-get ${args.join(" ")} ended with status ${status}: tests that need ${program} are skipped\n`,
      );
  }
};

/** Provides what the tests use. */
export const provision = (): void => ensure("chromium", "chromium");
