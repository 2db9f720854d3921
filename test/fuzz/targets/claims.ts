import { createHash } from "node:crypto";
import { parseClaims } from "#attestation";
import { acceptedLater, type FuzzTarget, hold } from "../target.ts";

/** Some bytes in base64url. */
const base64url = (length: number) => Buffer.alloc(length, 0xa5).toString("base64url");
const n = base64url(384);
const kid = createHash("sha256").update(`{"e":"AQAB","kty":"RSA","n":"${n}"}`).digest("base64url");

const session = { v: 1, audience: "anyone", tls_spki_sha256: "ab".repeat(32) };
const run = {
  result_key: { kty: "OKP", crv: "Ed25519", x: base64url(32) },
  contract: `sha256:${"cd".repeat(32)}`,
  query: "demographics",
  run: "0123456789abcdef0123456789abcdef",
};
const nonce = base64url(32);

const documents = [
  { sealmesh: { ...session, purpose: "peer", nonce, tls_spki_sha256: null } },
  { sealmesh: { ...session, purpose: "reader", nonce } },
  { sealmesh: { ...session, ...run, purpose: "result", result_sha256: "ef".repeat(32) } },
  {
    keys: [{ kty: "RSA", kid, key_ops: ["encrypt"], n, e: "AQAB" }],
    sealmesh: { ...session, ...run, purpose: "release", audience: "contoso/broker:ed25519:abc", nonce },
  },
];

/** Claims documents: what is accepted has one spelling, and no members but those of its purpose. */
export const target: FuzzTarget = {
  waits: true,
  seeds: () => documents.map((document) => Buffer.from(JSON.stringify(document))),
  run: async (data) => {
    const claims = await acceptedLater(() => parseClaims(data));
    if (claims === null) return;
    hold(JSON.stringify(claims.document) === Buffer.from(data).toString(), "claims are spelled in one way");
    hold(claims.tlsSpkiSha256 === null || claims.tlsSpkiSha256.length === 32, "a digest has 32 bytes");
    hold(!("nonce" in claims) || claims.nonce.length === 32, "a nonce has 32 bytes");
    hold(!("resultKey" in claims) || claims.resultKey.length === 32, "an Ed25519 key has 32 bytes");
  },
};
