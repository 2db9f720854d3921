// The chain of an endorsement and the issuer that its DID names, on certificates of the tests' own with exactly one thing wrong.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { type AttestationCode, verifyUvmEndorsement } from "#attestation";
import { octetString, oid, sequence } from "../../../../services/launcher/host/der-writer.ts";
import { assertRefused } from "../refusal.ts";
import { item } from "./cbor-writer.ts";
import {
  certifies,
  eku,
  extension,
  type FakeCertificate,
  fakeEndorsement,
  type FakeUvm,
  isCa,
  isNoCa,
  issue,
  keys,
  keyUsage,
  plain,
  rsaKeys,
  signs,
  usage,
} from "./fake-endorsement.ts";

const verify = (changes: FakeUvm) => {
  const { bytes, expected } = fakeEndorsement(changes);
  return verifyUvmEndorsement(bytes, expected);
};
const having =
  (...extensions: readonly Uint8Array[]) =>
  (certificate: FakeCertificate): FakeCertificate => ({ ...certificate, extensions });
const also =
  (...more: readonly Uint8Array[]) =>
  (certificate: FakeCertificate): FakeCertificate => ({
    ...certificate,
    extensions: [...certificate.extensions, ...more],
  });
const foreign = (critical: boolean) => extension("1.3.6.1.4.1.99999.1", octetString(Uint8Array.of(1)), critical);

const sub = rsaKeys(2048);
/** A chain with another CA below the CA. */
const longer = (ca: Uint8Array = isCa(), root: Uint8Array = isCa()): FakeUvm => ({
  ca: having(ca, keyUsage(certifies)),
  root: having(root, keyUsage(certifies)),
  chain: ([, ...authorities]) => [
    issue({ ...plain.leaf, issuer: "Sub", issuerKey: sub.privateKey }),
    issue({ ...plain.ca, subject: "Sub", key: sub.publicKey, issuer: "CA", issuerKey: keys.ca.privateKey }),
    ...authorities,
  ],
});

const accepted: readonly [string, FakeUvm][] = [
  ["a chain of leaf, CA and root", {}],
  ["a chain with a second CA", longer()],
  ["a CA of path length 0 above the leaf", { ca: having(isCa(0), keyUsage(certifies)) }],
  ["path lengths that a chain just keeps to", longer(isCa(1), isCa(2))],
  ["a path length of two bytes", longer(isCa(256))],
  ["a CA whose key's usage is not limited", { ca: having(isCa()) }],
  ["a leaf whose key's usage is not limited", { leaf: having(eku(usage)) }],
  ["extensions that need not be understood", { leaf: also(foreign(false)), ca: also(foreign(false)) }],
  ["certificates that have expired long ago", {}],
  ["a DID that names the CA instead of the root", { named: 1 }],
];
for (const [what, changes] of accepted) {
  test(`accepts ${what}`, async () => {
    assert.equal((await verify(changes)).svn, 104);
  });
}

test("tells the root's fingerprint, whichever CA the DID names", async () => {
  const [byRoot, byCa] = await Promise.all([verify({}), verify({ named: 1 })]);
  assert.ok(byRoot.issuer.includes(byRoot.rootFingerprint));
  assert.notEqual(byCa.issuer, byRoot.issuer);
  assert.equal(byCa.rootFingerprint, byRoot.rootFingerprint);
  const { issuer, rootFingerprint } = await verify(longer());
  assert.ok(issuer.includes(rootFingerprint));
});

const ec = generateKeyPairSync("ec", { namedCurve: "P-384" });
const short = rsaKeys(512);
const refused: readonly [string, FakeUvm, AttestationCode][] = [
  ["an end-entity certificate in the place of the CA", { ca: having(isNoCa) }, "UVM_CHAIN_INVALID"],
  ["a CA without basicConstraints", { ca: having(keyUsage(certifies)) }, "UVM_CHAIN_INVALID"],
  ["a root without basicConstraints", { root: having(keyUsage(certifies)) }, "UVM_CHAIN_INVALID"],
  [
    "a CA whose basicConstraints are not critical",
    { ca: having(extension("2.5.29.19", sequence(Uint8Array.of(1, 1, 0xff)), false)) },
    "UVM_CHAIN_INVALID",
  ],
  [
    "basicConstraints with a third member",
    { ca: having(extension("2.5.29.19", sequence(Uint8Array.of(1, 1, 0xff, 2, 1, 0, 2, 1, 0)), true)) },
    "UVM_CHAIN_INVALID",
  ],
  [
    "basicConstraints that are no DER",
    { ca: having(extension("2.5.29.19", Uint8Array.of(0x30), true)) },
    "UVM_CHAIN_INVALID",
  ],
  ["a CA that may not sign certificates", { ca: having(isCa(), keyUsage(signs)) }, "UVM_CHAIN_INVALID"],
  ["a root that may not sign certificates", { root: having(isCa(), keyUsage(signs)) }, "UVM_CHAIN_INVALID"],
  ["a CA below a CA of path length 0", longer(isCa(0)), "UVM_CHAIN_INVALID"],
  ["two CAs below a root of path length 1", longer(isCa(), isCa(1)), "UVM_CHAIN_INVALID"],
  ["a leaf that may not sign", { leaf: having(keyUsage(certifies), eku(usage)) }, "UVM_CHAIN_INVALID"],
  ["a leaf with a critical extension that is not known", { leaf: also(foreign(true)) }, "UVM_CHAIN_INVALID"],
  ["a CA with a critical extension that is not known", { ca: also(foreign(true)) }, "UVM_CHAIN_INVALID"],
  [
    "a leaf that its issuer signed with SHA-256",
    { leaf: (leaf) => ({ ...leaf, hash: "sha256" }) },
    "UVM_CHAIN_INVALID",
  ],
  [
    "a leaf that names SHA-256 and is signed with SHA-384",
    { leaf: (leaf) => ({ ...leaf, hash: "sha256", signedWith: "sha384" }) },
    "UVM_CHAIN_INVALID",
  ],
  ["a leaf that names another issuer", { leaf: (leaf) => ({ ...leaf, issuer: "Ca" }) }, "UVM_CHAIN_INVALID"],
  [
    "a leaf that another key signed in its issuer's name",
    { leaf: (leaf) => ({ ...leaf, issuerKey: keys.root.privateKey }) },
    "UVM_CHAIN_INVALID",
  ],
  ["a chain without its root", { chain: (chain) => chain.slice(0, 2) }, "UVM_CHAIN_INVALID"],
  [
    "a chain with its root twice",
    { chain: ([leaf, ca, root]) => [leaf, ca, ca, root].map(present) },
    "UVM_CHAIN_INVALID",
  ],
  [
    "a root that is not self-signed",
    { root: (root) => ({ ...root, issuerKey: keys.ca.privateKey }) },
    "UVM_CHAIN_INVALID",
  ],
  [
    "a certificate that is none",
    { chain: ([leaf, , root]) => [leaf, Uint8Array.of(0x30, 0), root].map(present) },
    "UVM_CHAIN_INVALID",
  ],
  ["a leaf with a key on a curve", { leaf: (leaf) => ({ ...leaf, key: ec.publicKey }) }, "UVM_CHAIN_INVALID"],
  [
    "a leaf whose key is too short for the algorithm",
    { leaf: (leaf) => ({ ...leaf, key: short.publicKey }) },
    "UVM_CHAIN_INVALID",
  ],
  ["a CA with a key on a curve", { ca: (ca) => ({ ...ca, key: ec.publicKey }) }, "UVM_CHAIN_INVALID"],
  ["key usages that are no DER", { leaf: having(extension("2.5.29.15", Uint8Array.of(1), true)) }, "UVM_CHAIN_INVALID"],
  [
    "extended key usages that are no DER",
    { leaf: having(extension("2.5.29.37", Uint8Array.of(1), false)) },
    "UVM_CHAIN_INVALID",
  ],
  [
    "extended key usages that are something else",
    { leaf: having(extension("2.5.29.37", sequence(octetString(oid(usage).subarray(2))), false)) },
    "UVM_CHAIN_INVALID",
  ],
  ["a leaf without extended key usages", { leaf: having(keyUsage(signs)) }, "UVM_ISSUER"],
  ["a leaf for policy fragments only", { leaf: having(eku("1.3.6.1.4.1.311.76.59.1.3")) }, "UVM_ISSUER"],
  ["a leaf for something whose name begins so", { leaf: having(eku(`${usage}.1`)) }, "UVM_ISSUER"],
  ["the usage on the CA instead of the leaf", { leaf: having(), ca: also(eku(usage)) }, "UVM_ISSUER"],
  ["a DID that names the leaf", { named: 0 }, "UVM_ISSUER"],
  ["a message that another key has signed", { signer: keys.ca.privateKey }, "UVM_SIGNATURE"],
];
for (const [what, changes, code] of refused) {
  test(`refuses ${what}`, () => assertRefused(() => verify(changes), code));
}

function present<Value>(value: Value | undefined): Value {
  return value ?? assert.fail("no certificate");
}

test("refuses a DID that differs from the accepted one in its last character", async () => {
  const { bytes, expected } = fakeEndorsement();
  const issuers = expected.issuers.map((did) => `${did.slice(0, -1)}3`);
  await assertRefused(() => verifyUvmEndorsement(bytes, { ...expected, issuers }), "UVM_ISSUER", {
    expected: issuers.join(),
    seen: expected.issuers.join(),
  });
});

test("accepts any one of several issuers", async () => {
  const { bytes, expected } = fakeEndorsement();
  const issuers = ["did:x509:0:sha256:another", ...expected.issuers];
  assert.equal((await verifyUvmEndorsement(bytes, { ...expected, issuers })).issuer, expected.issuers[0]);
});

test("says which usage the leaf lacks, and what it has instead", async () => {
  const expected = usage;
  await assertRefused(() => verify({ leaf: having() }), "UVM_ISSUER", { expected, seen: "none" });
  const others = ["1.3.6.1.4.1.311.76.59.1.1", "1.3.6.1.4.1.311.76.59.1.3"];
  const seen = others.join(" and ");
  await assertRefused(() => verify({ leaf: having(eku(...others)) }), "UVM_ISSUER", { expected, seen });
});

test("says that it is the chain that is refused", () =>
  assertRefused(() => verify({ ca: having(isNoCa) }), "UVM_CHAIN_INVALID", { field: "x5chain" }));

const strangers: readonly [string, (did: string) => string][] = [
  ["with something before it", (did) => ` ${did}`],
  ["with something behind it", (did) => `${did}#0`],
  ["of another version", (did) => did.replace(":0:", ":1:")],
  ["of another hash", (did) => did.replace("sha256", "sha384")],
  ["with a usage of one number", (did) => did.replace(/::eku:.*/, "::eku:1")],
  ["with two policies", (did) => `${did}::subject:CN:Leaf`],
];
for (const [what, change] of strangers) {
  test(`an accepted DID ${what} is an error of the verifier`, async () => {
    let issuer = "";
    const { bytes, expected } = fakeEndorsement({
      header: (members) =>
        members.map(([key, value]) => {
          if (key !== "iss") return [key, value] as const;
          // A text of 24 to 255 bytes has two bytes before it.
          issuer = change(Buffer.from(value).subarray(2).toString("utf8"));
          return [key, item(issuer)] as const;
        }),
    });
    const call = () => verifyUvmEndorsement(bytes, { ...expected, issuers: [issuer] });
    await assertRefused(call, "REFERENCE_VALUES_INCOMPLETE", { field: "issuers" });
  });
}
