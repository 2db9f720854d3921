// The manifests that the owner gave its broker: the only ones under which keys of its datasets are released.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  ed25519KeyOf,
  manifestDigest,
  MANIFEST_TYPE,
  parseEnvelope,
  parseManifest,
  verifyEnvelope,
  type Manifest,
} from "#sealing";

/** Manifests by digest: `sha256:` and 64 hex digits. */
export type OwnManifests = (digest: string) => Promise<Manifest | undefined>;

/**
 * Reads the manifests in a folder, and again when one is asked for that is not known yet. Each must carry the owner's signature.
 *
 * @param ownerKey `ed25519:…`, from the broker's configuration
 * @throws SealingError when a file there is not a manifest that the owner signed
 */
export const openOwnManifests = (folder: string, ownerKey: string): OwnManifests => {
  const known = new Map<string, Manifest>();
  const keys = new Map([[ownerKey, ed25519KeyOf(ownerKey)]]);
  const readAll = async (): Promise<void> => {
    if (!existsSync(folder)) return;
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
      const statement = parseEnvelope(readFileSync(join(folder, file), "utf8"));
      const payload = await verifyEnvelope(statement, { payloadType: MANIFEST_TYPE, keys, threshold: "all" });
      known.set(await manifestDigest(payload), parseManifest(payload));
    }
  };
  return async (digest) => {
    if (!known.has(digest)) await readAll();
    return known.get(digest);
  };
};
