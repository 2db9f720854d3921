// From wrapped data keys to one payload for the attested key. The only code of a broker that touches private keys.
import { canonicalJson, toBase64Url, utf8, type Manifest } from "#sealing";
import { unwrapKeyOaep, wrapKeyHsm, type ClassKeyStore } from "#sealing-node";
import { classOf, type Contract } from "#contract";
import type { EncryptionJwk } from "#attestation";
import { BrokerError } from "./broker-error.ts";
import type { KeyRequest } from "./release-request.ts";

/** A key request that the contract covers, with the dataset version that it stands for. */
export interface GrantedKey extends KeyRequest {
  readonly version: number;
}

/**
 * Checks that every key asked for is one that the query names, under the class key that the contract and the manifest name.
 *
 * @param manifests the owner's manifests, by dataset
 * @throws {BrokerError} COLUMN_NOT_IN_QUERY, KEY_REQUEST_MALFORMED
 */
export const grant = (
  requests: readonly KeyRequest[],
  options: {
    readonly contract: Contract;
    readonly columns: readonly string[];
    readonly manifests: ReadonlyMap<string, Manifest>;
  },
): readonly GrantedKey[] =>
  requests.map((request) => {
    const { dataset, part, column, masterKeyId } = request;
    const manifest = options.manifests.get(dataset);
    const isWanted = column === "footer" || options.columns.includes(column);
    const className = column === "footer" ? "footer" : classOf(options.contract, dataset, column);
    if (manifest === undefined || !isWanted || className === undefined) {
      throw new BrokerError("COLUMN_NOT_IN_QUERY", `the query does not name ${column} of ${dataset} of this owner`, {
        dataset,
        column,
      });
    }
    const wanted = `${dataset}/${manifest.version}/${className}`;
    if (masterKeyId !== wanted || part >= manifest.parts.length) {
      throw new BrokerError(
        "KEY_REQUEST_MALFORMED",
        `part ${part} of ${dataset} has its keys under ${wanted}, not ${masterKeyId}`,
        {
          dataset,
          part,
          masterKeyId,
        },
      );
    }
    return { ...request, version: manifest.version };
  });

/**
 * Unwraps the granted data keys and wraps them, as one payload, to the attested key. The label of each wrapping names the part and
 * the column, so a wrapped key of another column does not unwrap here.
 *
 * @returns `key_hsm`: base64url of Key Vault's JSON
 * @throws {BrokerError} KEY_REQUEST_MALFORMED when a wrapped key is not what it is said to be
 */
export const rewrap = (keys: readonly GrantedKey[], store: ClassKeyStore, recipient: EncryptionJwk): string => {
  const opened = keys.map(({ dataset, version, part, column, masterKeyId, wrapped }) => {
    const dataKey = store.withPrivateKey(masterKeyId, (key) => {
      try {
        return unwrapKeyOaep(key, wrapped, `${masterKeyId}/${part}/${column}`);
      } catch (cause) {
        const place = { dataset, part, column };
        throw new BrokerError(
          "KEY_REQUEST_MALFORMED",
          `the wrapped key is not that of ${column} in part ${part} of ${dataset}`,
          place,
          { cause },
        );
      }
    });
    if (dataKey === undefined)
      throw new BrokerError("KEY_REQUEST_MALFORMED", `no class key ${masterKeyId}`, { masterKeyId });
    return { dataset, version, part, column, dataKey };
  });
  const payload = utf8(
    canonicalJson({ v: 1, keys: opened.map(({ dataKey, ...place }) => ({ ...place, k: toBase64Url(dataKey) })) }),
  );
  try {
    return toBase64Url(
      utf8(
        JSON.stringify(wrapKeyHsm({ payload, recipient: { ...recipient, key_ops: ["encrypt"] }, kid: recipient.kid })),
      ),
    );
  } finally {
    payload.fill(0);
    for (const { dataKey } of opened) dataKey.fill(0);
  }
};
