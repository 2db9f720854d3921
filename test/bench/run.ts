// `npm run bench <name>`: measures something of this project and compares it with what others offer; `<name>.bench.ts` says what.
//
//   npm run bench attestation
//   npm run bench attestation -- --rounds 100 --json
import { globSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "40" }, json: { type: "boolean", default: false } },
});
const names = globSync("*.bench.ts", { cwd: import.meta.dirname }).map((file) => basename(file, ".bench.ts"));
const [name = "", ...more] = positionals;
const rounds = Number(values.rounds);
if (!names.includes(name) || more.length > 0 || !Number.isInteger(rounds) || rounds < 1) {
  process.stderr.write(`usage: npm run bench <${names.join("|")}> [-- --rounds N] [--json]\n`);
  process.exit(2);
}

const { bench } = await import(join(import.meta.dirname, `${name}.bench.ts`));
process.exitCode = (await bench({ rounds, json: values.json })) === true ? 0 : 1;
