// The RPCs of DataProvider, mapped to the domain.
import { randomBytes } from "node:crypto";
import { DataProvider } from "#gen/sealmesh/provider/v1alpha1/provider_pb.ts";
import { meshService, page, toStatementMessage, type MeshService } from "#mesh";
import { fromHex, toHex } from "#sealing";
import { openRecords, type RecordsDeps } from "./open-records.ts";
import { ProviderError } from "./provider-error.ts";
import type { Storage } from "./storage.ts";

/** What the routes work with. */
export interface RouteDeps extends RecordsDeps {
  readonly storage: Storage;
}

const digestOf = (bytes: Uint8Array): string => {
  if (bytes.length !== 32) {
    throw new ProviderError("DIGEST_MALFORMED", `the manifest digest is ${bytes.length} bytes, want 32`, {
      length: bytes.length,
    });
  }
  return `sha256:${toHex(bytes)}`;
};

/** A 64-bit number that has to be a place in a file. */
const placeOf = (value: bigint, field: string): number => {
  const place = Number(value);
  if (!Number.isSafeInteger(place))
    throw new ProviderError("RANGE_INVALID", `${field} is ${value}, beyond any part`, { [field]: `${value}` });
  return place;
};

/** The service of one provider. */
export const dataProviderService = (deps: RouteDeps): MeshService => {
  const { storage } = deps;
  const secret = randomBytes(32);
  return meshService(DataProvider, {
    async listDatasets({ pageSize, pageToken }) {
      const { items, nextPageToken } = page(await storage.list(), { list: "datasets", pageSize, pageToken, secret });
      return {
        datasets: items.map(({ manifest, digest }) => ({
          name: manifest.dataset,
          version: manifest.version,
          manifestDigest: fromHex(digest.slice("sha256:".length)),
          rows: BigInt(manifest.rows),
          sizeBytes: BigInt(manifest.parts.reduce((sum, { size }) => sum + size, 0)),
        })),
        nextPageToken,
      };
    },

    async getManifest({ manifestDigest }) {
      const { statement } = await storage.find(digestOf(manifestDigest));
      return { manifest: toStatementMessage(statement) };
    },

    async *readSealed({ manifestDigest, part, offset, length }, { signal }) {
      const dataset = await storage.find(digestOf(manifestDigest));
      const range = { part, offset: placeOf(offset, "offset"), length: placeOf(length, "length") };
      for await (const piece of storage.read(dataset, range)) {
        signal.throwIfAborted();
        yield { offset: BigInt(piece.offset), data: piece.data };
      }
    },

    async openRecords({ contract, query, dataset, recipientKey }, { signal }) {
      if (recipientKey.length > 0)
        throw new ProviderError("RECIPIENT_UNSUPPORTED", "results are not sealed to recipients yet");
      const { rows, records } = await openRecords(deps, { contract, query, dataset }, signal);
      return { rows: BigInt(rows), records: records.map((cells) => ({ cells })) };
    },
  });
};
