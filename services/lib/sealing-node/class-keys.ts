// The class keys of one owner: an RSA-3072 pair per dataset version and column class.
//
// Sealing needs the public halves only. The private halves lie encrypted (AES-256-GCM, the key's id as additional data) under
// a key-encryption key in a file of its own; one is decrypted for one unwrapping and let go of again.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  generateKeyPair,
  randomBytes,
  type KeyObject,
} from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import * as v from "valibot";
import { writeDurably } from "./durable-file.ts";

const base64 = v.pipe(v.string(), v.base64());
const keyStoreSchema = v.strictObject({
  v: v.literal(1),
  keys: v.array(
    v.strictObject({
      master_key_id: v.string(),
      spki: base64,
      nonce: base64,
      ciphertext: base64,
      tag: base64,
      created: v.string(),
    }),
  ),
});
type KeyStoreFile = v.InferOutput<typeof keyStoreSchema>;

/** The public half of a class key. */
export interface ClassPublicKey {
  /** `<dataset>/<version>/<class>`. */
  readonly masterKeyId: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
}

/** The class keys kept in one folder. */
export interface ClassKeyStore {
  /** All public halves. */
  readonly publicKeys: readonly ClassPublicKey[];
  /**
   * Decrypts a private key, hands it to `use`, and lets go of it.
   *
   * @returns what `use` returns, or undefined when there is no such key
   */
  withPrivateKey<T>(masterKeyId: string, use: (key: KeyObject) => T): T | undefined;
}

const storeFile = (folder: string): string => join(folder, "class-keys.json");
const kekFile = (folder: string): string => join(folder, "class-keys.kek");

const readStore = (folder: string): KeyStoreFile =>
  existsSync(storeFile(folder))
    ? v.parse(keyStoreSchema, JSON.parse(readFileSync(storeFile(folder), "utf8")))
    : { v: 1, keys: [] };

const writeStore = (folder: string, store: KeyStoreFile): void =>
  writeDurably(storeFile(folder), `${JSON.stringify(store, null, 1)}\n`, { mode: 0o600 });

const keyEncryptionKey = (folder: string): Buffer => {
  if (!existsSync(kekFile(folder))) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(kekFile(folder), randomBytes(32), { mode: 0o600, flag: "wx" });
  }
  const key = readFileSync(kekFile(folder));
  if (key.length !== 32) throw new RangeError(`the key-encryption key is ${key.length} bytes, want 32`);
  return key;
};

const generateRsa = promisify(generateKeyPair);

/**
 * Makes the class keys of a dataset version. Keys that are there already stay as they are.
 *
 * @param options.classes column classes; `footer` is always added
 * @returns the public halves of all the classes
 */
export const createClassKeys = async (
  folder: string,
  options: { readonly dataset: string; readonly version: number; readonly classes: readonly string[] },
): Promise<readonly ClassPublicKey[]> => {
  const kek = keyEncryptionKey(folder);
  const store = readStore(folder);
  const wanted = [...new Set([...options.classes, "footer"])].map(
    (name) => `${options.dataset}/${options.version}/${name}`,
  );
  const missing = wanted.filter((id) => !store.keys.some((key) => key.master_key_id === id));
  const made = await Promise.all(
    missing.map(async (id) => {
      const { publicKey, privateKey } = await generateRsa("rsa", { modulusLength: 3072 });
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", kek, nonce).setAAD(Buffer.from(id));
      const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" });
      const ciphertext = Buffer.concat([cipher.update(pkcs8), cipher.final()]);
      pkcs8.fill(0);
      return {
        master_key_id: id,
        spki: publicKey.export({ format: "der", type: "spki" }).toString("base64"),
        nonce: nonce.toString("base64"),
        ciphertext: ciphertext.toString("base64"),
        tag: cipher.getAuthTag().toString("base64"),
        created: new Date().toISOString(),
      };
    }),
  );
  kek.fill(0);
  if (made.length > 0) writeStore(folder, { v: 1, keys: [...store.keys, ...made] });
  return openClassKeys(folder).publicKeys.filter(({ masterKeyId }) => wanted.includes(masterKeyId));
};

/** Opens the class keys in a folder; without any, the store is empty. */
export const openClassKeys = (folder: string): ClassKeyStore => {
  const { keys } = readStore(folder);
  return {
    publicKeys: keys.map((key) => ({ masterKeyId: key.master_key_id, spki: Buffer.from(key.spki, "base64") })),
    withPrivateKey(masterKeyId, use) {
      const key = keys.find((candidate) => candidate.master_key_id === masterKeyId);
      if (key === undefined) return undefined;
      const kek = keyEncryptionKey(folder);
      const decipher = createDecipheriv("aes-256-gcm", kek, Buffer.from(key.nonce, "base64"), { authTagLength: 16 });
      decipher.setAAD(Buffer.from(masterKeyId)).setAuthTag(Buffer.from(key.tag, "base64"));
      const pkcs8 = Buffer.concat([decipher.update(Buffer.from(key.ciphertext, "base64")), decipher.final()]);
      kek.fill(0);
      try {
        return use(createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }));
      } finally {
        pkcs8.fill(0);
      }
    },
  };
};

/** SHA-256 of a SubjectPublicKeyInfo, lower-case hex, as the manifest names it. */
export const spkiSha256Hex = (spki: Uint8Array): string => createHash("sha256").update(spki).digest("hex");
