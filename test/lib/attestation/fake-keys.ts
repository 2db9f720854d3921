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

interface Kept {
  readonly pkcs8: string;
  readonly spki: string;
}

async function keep(pairs: readonly webcrypto.CryptoKeyPair[], path: string): Promise<void> {
  const base64 = (bytes: ArrayBuffer) => Buffer.from(bytes).toString("base64");
  const kept = await Promise.all(
    pairs.map(async ({ privateKey, publicKey }): Promise<Kept> => ({
      pkcs8: base64(await subtle.exportKey("pkcs8", privateKey)),
      spki: base64(await subtle.exportKey("spki", publicKey)),
    })),
  );
  writeFileSync(`${path}.${process.pid}`, JSON.stringify(kept), { mode: 0o600 });
  renameSync(`${path}.${process.pid}`, path);
}

const read = (path: string): Promise<webcrypto.CryptoKeyPair[]> => {
  const kept: readonly Kept[] = JSON.parse(readFileSync(path, "utf8"));
  return Promise.all(
    kept.map(async ({ pkcs8, spki }, at) => {
      const algorithm = algorithms[at] ?? ec;
      return {
        privateKey: await subtle.importKey("pkcs8", Buffer.from(pkcs8, "base64"), algorithm, true, ["sign"]),
        publicKey: await subtle.importKey("spki", Buffer.from(spki, "base64"), algorithm, true, ["verify"]),
      };
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
