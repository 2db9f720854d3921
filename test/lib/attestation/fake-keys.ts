// The keys of the fake processor. Making RSA-4096 keys takes up to seconds, so a run of many processes can share them in a file.
import { webcrypto } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

const { subtle } = webcrypto;
const rsa = { name: "RSA-PSS", hash: "SHA-384", modulusLength: 4096, publicExponent: Uint8Array.of(1, 0, 1) };
const ec = { name: "ECDSA", namedCurve: "P-384" };
const algorithms = [rsa, rsa, ec] as const;

/** File in which the keys are kept; none unless the environment names one. They sign for a root that nobody pins but tests. */
const file = process.env["SEALMESH_FAKE_KEYS"];

const generate = () =>
  Promise.all(algorithms.map((algorithm) => subtle.generateKey(algorithm, true, ["sign", "verify"])));

async function keep(pairs: readonly webcrypto.CryptoKeyPair[], path: string): Promise<void> {
  const keys = await Promise.all(pairs.map(({ privateKey }) => subtle.exportKey("jwk", privateKey)));
  writeFileSync(`${path}.${process.pid}`, JSON.stringify(keys), { mode: 0o600 });
  renameSync(`${path}.${process.pid}`, path);
}

const read = (path: string): Promise<webcrypto.CryptoKeyPair[]> => {
  const keys: readonly webcrypto.JsonWebKey[] = JSON.parse(readFileSync(path, "utf8"));
  return Promise.all(
    algorithms.map(async (algorithm, at) => {
      const { d: _, p: __, q: ___, dp: ____, dq: _____, qi: ______, ...publicJwk } = keys[at] ?? {};
      const [privateKey, publicKey] = await Promise.all([
        subtle.importKey("jwk", { ...keys[at], key_ops: ["sign"] }, algorithm, true, ["sign"]),
        subtle.importKey("jwk", { ...publicJwk, key_ops: ["verify"] }, algorithm, true, ["verify"]),
      ]);
      return { privateKey, publicKey };
    }),
  );
};

const pairs = file !== undefined && existsSync(file) ? await read(file) : await generate();
if (file !== undefined && !existsSync(file)) await keep(pairs, file);
const [ark, ask, vcek] = pairs;
if (ark === undefined || ask === undefined || vcek === undefined) throw new Error("keys are missing");

/** Root and intermediate, RSA-4096. */
export const arkKey: webcrypto.CryptoKeyPair = ark;
export const askKey: webcrypto.CryptoKeyPair = ask;
/** P-384. */
export const vcekKey: webcrypto.CryptoKeyPair = vcek;
