// Microsoft's endorsement of a utility VM (Azure Container Instances, `reference-info-base64`): which MEASUREMENT is which UVM, with the
// security version number (SVN) of its software. The SVN is not the report's GUEST_SVN, which is 2 or 3 there.
import { AttestationError, mismatch } from "../attestation-error.ts";
import { type Bytes, copyOf, equalBytes, fromHex, toHex } from "../encoding/bytes.ts";
import { type CborValue, cborText } from "../encoding/cbor.ts";
import { isJsonObject, type JsonObject, parseStrictJson } from "../encoding/strict-json.ts";
import type { VerifiedReport } from "../verify/verify-report.ts";
import { type CoseSign1, parseCoseSign1 } from "./cose-sign1.ts";
import { checkIssuer, isPs384Signature, verifyX509Chain } from "./did-x509.ts";

/**
 * The issuer and the feed of Microsoft's endorsements of the UVM of confidential container groups. Fragments of policies are signed by
 * the same root under another key usage (`…59.1.3`) and other feeds: they endorse no UVM.
 */
export const microsoftUvm = {
  issuer: "did:x509:0:sha256:I__iuL25oXEVFdTP_aBLx_eT1RPHbCQ_ECBQfYZpt9s::eku:1.3.6.1.4.1.311.76.59.1.2",
  feed: "ContainerPlat-AMD-UVM",
} as const;

/** What an endorsement is verified against. */
export interface UvmExpectation {
  /** DIDs (did:x509), each compared as a whole; an empty list accepts nothing. */
  readonly issuers: readonly string[];
  readonly feed: string;
  /** Numbers of production begin at 100; lower ones are validly signed and must not be trusted. Microsoft's documented minimum was 104 in 2026-08. */
  readonly minimumSvn: number;
}

/** Not exported, so that no other module can write an object of this type. */
const genuine: unique symbol = Symbol("genuine");

/** A genuine endorsement: chain, issuer, feed, signature and SVN hold. `verifyUvmEndorsement` alone makes it. */
export interface VerifiedUvmEndorsement {
  readonly [genuine]: true;
  readonly issuer: string;
  /** SHA-256 of the root's certificate, base64url. The issuer's may be that of another CA of the chain. */
  readonly rootFingerprint: string;
  readonly feed: string;
  /** Security version number of the UVM. */
  readonly svn: number;
  /** 48 bytes. */
  readonly launchMeasurement: Uint8Array;
  /** When it was signed, by the signer's own clock; `null` when it does not say. */
  readonly signingTime: Date | null;
  /** What was not checked, and why. */
  readonly notChecked: readonly string[];
}

/**
 * Verifies an endorsement: form, algorithm, chain, issuer, feed, signature, payload, SVN, in this order. Throws UVM_MALFORMED,
 * UVM_ALGORITHM, UVM_CHAIN_INVALID, UVM_ISSUER, UVM_FEED, UVM_SIGNATURE, UVM_SVN_TOO_LOW, REFERENCE_VALUES_INCOMPLETE.
 */
export async function verifyUvmEndorsement(
  bytes: Uint8Array,
  expected: UvmExpectation,
): Promise<VerifiedUvmEndorsement> {
  const { feed, minimumSvn } = expected;
  const issuers = [...checkedIssuers(expected)];
  // Parsing copies the bytes, and nothing has been awaited yet.
  const message = parseCoseSign1(bytes);
  const chain = await verifyX509Chain(message.chain);
  const header = message.protectedHeader;
  const issuer = checkIssuer(header.get("iss"), chain, issuers);
  if (header.get("feed") !== feed) throw mismatch("UVM_FEED", "feed", feed, cborText(header.get("feed")));
  if (!(await isPs384Signature(chain, message.signature, message.signed))) {
    throw new AttestationError("UVM_SIGNATURE", "the endorsement's signature is not of its leaf's key", {
      field: "signature of the endorsement",
    });
  }
  const { svn, launchMeasurement } = parsePayload(message);
  if (svn < minimumSvn) throw mismatch("UVM_SVN_TOO_LOW", "SVN of the UVM", `at least ${minimumSvn}`, `${svn}`);
  return Object.freeze<VerifiedUvmEndorsement>({
    [genuine]: true,
    issuer,
    rootFingerprint: chain.fingerprints.at(-1) ?? "",
    feed,
    svn,
    launchMeasurement,
    signingTime: signingTimeOf(header.get("signingtime")),
    notChecked: [
      "dates of the endorsement's certificates: it stays in use longer than the leaf that signed it is valid",
    ],
  });
}

/** Checks that an endorsement is of the UVM that a genuine report measured. Throws UVM_MEASUREMENT. */
export function checkUvmMeasurement({ report }: VerifiedReport, endorsement: VerifiedUvmEndorsement): void {
  if (equalBytes(report.measurement, endorsement.launchMeasurement)) return;
  throw mismatch("UVM_MEASUREMENT", "measurement", toHex(endorsement.launchMeasurement), toHex(report.measurement));
}

/** Callers without types may leave anything out. Throws REFERENCE_VALUES_INCOMPLETE. */
function checkedIssuers({ issuers, feed, minimumSvn }: Partial<UvmExpectation>): readonly string[] {
  const isList = Array.isArray(issuers) && issuers.every((one) => typeof one === "string");
  const isNumber = typeof minimumSvn === "number" && Number.isSafeInteger(minimumSvn) && minimumSvn >= 0;
  if (isList && isNumber && typeof feed === "string" && feed !== "") return issuers;
  throw new AttestationError("REFERENCE_VALUES_INCOMPLETE", "issuers, feed or minimumSvn of the UVM is unset", {
    field: "uvm",
  });
}

function parsePayload({ contentType, payload }: CoseSign1): {
  readonly svn: number;
  readonly launchMeasurement: Bytes;
} {
  if (contentType !== "application/json") throw malformed(`content type is ${contentType}`);
  const claims = parseStrictJson(payload, (reason) => malformed(`the payload is not strict JSON: ${reason}`));
  if (!isJsonObject(claims)) throw malformed("the payload is no object");
  const measurement = claims["x-ms-sevsnpvm-launchmeasurement"];
  if (typeof measurement !== "string" || !/^[0-9a-f]{96}$/.test(measurement)) {
    throw malformed("the launch measurement is not 96 hexadecimal digits");
  }
  return { svn: svnOf(claims), launchMeasurement: copyOf(fromHex(measurement)) };
}

/** A text, and since 2025-10 an integer beside it: they must say the same, and are compared as integers. */
function svnOf(claims: JsonObject): number {
  const text = claims["x-ms-sevsnpvm-guestsvn"];
  const integer = claims["x-ms-sevsnpvm-guestsvn-int"];
  const isText = typeof text === "string" && /^(0|[1-9][0-9]{0,14})$/.test(text);
  if (!isText || (integer !== undefined && integer !== Number(text))) {
    throw malformed("the SVN is no whole number, or its two spellings disagree");
  }
  return Number(text);
}

/** Tag 1: seconds since 1970. */
function signingTimeOf(value: CborValue | undefined): Date | null {
  const isEpoch = typeof value === "object" && value !== null && "tag" in value && value.tag === 1;
  if (!isEpoch || typeof value.value !== "number") return null;
  const time = new Date(value.value * 1000);
  return Number.isNaN(time.getTime()) ? null : time;
}

function malformed(reason: string): AttestationError {
  return new AttestationError("UVM_MALFORMED", `endorsement is refused: ${reason}`);
}
