import { verifyMaaToken } from "#attestation";
import { certificate, entry, keys, keySet, options, timely, tokenOf } from "../../lib/attestation/azure/fake-maa.ts";
import { acceptedLater, type FuzzTarget, hold, same } from "../target.ts";

const genuine = await tokenOf({ claims: timely({ "x-ms-attestation-type": "sevsnpvm" }) });
const [header = "", claims = "", signature = ""] = genuine.split(".");
const { n = "" } = await crypto.subtle.exportKey("jwk", keys.publicKey);

const decoded = (part: string) => Buffer.from(part, "base64url");
const isAccepted = async (token: string, keySets: Uint8Array = keySet(entry)): Promise<boolean> =>
  (await acceptedLater(() =>
    verifyMaaToken(token, { ...options, authorities: options.authorities.map((one) => ({ ...one, keys: keySets })) }),
  )) !== null;

const modes: readonly ((bytes: Uint8Array) => Promise<void>)[] = [
  async function anyText(bytes) {
    const text = Buffer.from(bytes).toString("latin1");
    hold((await isAccepted(text)) === (text === genuine), "only what the authority signed is accepted");
  },
  async function otherHeader(bytes) {
    const token = `${Buffer.from(bytes).toString("base64url")}.${claims}.${signature}`;
    hold((await isAccepted(token)) === same(bytes, decoded(header)), "the header is signed");
  },
  async function otherClaims(bytes) {
    const token = `${header}.${Buffer.from(bytes).toString("base64url")}.${signature}`;
    hold((await isAccepted(token)) === same(bytes, decoded(claims)), "the claims are signed");
  },
  async function otherKeys(bytes) {
    const text = Buffer.from(bytes).toString("latin1").replaceAll("\\", "");
    const hasKey = text.includes(n) || text.includes(certificate.toString("base64").slice(0, 1000));
    hold(!(await isAccepted(genuine, bytes)) || hasKey || text.includes("u00"), "the key that signed is in the set");
  },
];

const seed = (mode: number, text: string | Uint8Array) => Buffer.concat([Buffer.from([mode]), Buffer.from(text)]);

/** Tokens of any text, and whole ones in which the header, the claims or the authority's keys are of any bytes. */
export const target: FuzzTarget = {
  waits: true,
  seeds: () => [
    seed(0, genuine),
    seed(1, decoded(header)),
    seed(2, decoded(claims)),
    seed(3, JSON.stringify({ keys: [{ kid: entry["kid"], kty: "RSA", n, e: "AQAB", use: "sig", alg: "RS256" }] })),
    seed(3, keySet(entry)),
  ],
  run: async (data) => {
    await modes[(data[0] ?? 0) % modes.length]?.(data.subarray(1));
  },
};
