// The words and places of fields, held against the parser and against the claims that the library writes itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AttestationError,
  type EvidenceField,
  evidenceFields,
  explanations,
  fieldGroups,
  type FieldName,
  maaClaims,
  parseReport,
  verifyReport,
} from "#attestation";
import { fakeEvidence, fakeOptions, fakeReport } from "../fake-processor.ts";

// The keys of the literal.
const fields = Object.entries(evidenceFields) as readonly [FieldName, EvidenceField][];

test("the bytes of all fields are the report, each byte once", () => {
  const counts = Array.from({ length: 1184 }, () => 0);
  for (const [, { bytes = [] }] of fields)
    for (const [offset, size] of bytes)
      for (let at = offset; at < offset + size; at += 1) counts[at] = (counts[at] ?? 0) + 1;
  assert.deepEqual(
    counts.flatMap((count, at) => (count === 1 ? [] : [`byte ${at} is ${count} times`])),
    [],
  );
  assert.equal(counts.length, 1184);
});

/** The parser's names of what it reads; where a field is named otherwise, or is several of them. */
const readAs: Readonly<Record<string, readonly string[]>> = {
  version: ["launchMitVector", "currentMitVector"],
  keyInfo: ["authorKeyEnabled", "maskChipKey", "signingKey"],
  "tcb.reported": ["reportedTcb"],
  "tcb.committed": ["committedTcb"],
  "tcb.current": ["currentTcb"],
  "tcb.launch": ["launchTcb"],
};
const base = await fakeReport();
const text = (value: unknown): string =>
  JSON.stringify(value, (_, inner) =>
    inner instanceof Uint8Array ? Buffer.from(inner).toString("hex") : typeof inner === "bigint" ? `${inner}` : inner,
  );

/** What the parser reads otherwise when one bit is another, or the field for which it then refuses the report. */
function changedBy(at: number, bit: number): readonly string[] {
  const bytes = Uint8Array.from(base);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
  try {
    const before = Object.entries(parseReport(base));
    const after = new Map<string, unknown>(Object.entries(parseReport(bytes)));
    return before.filter(([name, value]) => text(value) !== text(after.get(name))).map(([name]) => name);
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error;
    return [error.data.field ?? ""];
  }
}

test("the bytes of a field are those that the parser reads it from", () => {
  for (const [name, { bytes = [] }] of fields) {
    // The signature is not read, and only its padding is checked.
    if (name === "signature") continue;
    const own = [name, ...(readAs[name] ?? [])];
    for (const [offset, size] of bytes) {
      for (let at = offset; at < offset + size; at += 1) {
        const changed = changedBy(at, 0);
        assert.ok(changed.length > 0, `byte ${at} of ${name}`);
        for (const seen of changed)
          assert.ok(
            own.some((one) => seen.startsWith(one)),
            `byte ${at} of ${name} is ${seen}`,
          );
      }
    }
  }
});

test("the bits of a field are those that the parser reads it from", () => {
  const words: Readonly<Record<string, number>> = { policy: 0x08, platformInfo: 0x40, keyInfo: 0x48 };
  for (const [name, { bits }] of fields) {
    if (bits === undefined) continue;
    const [word = "", part = ""] = name.split(".");
    for (let bit = bits[0]; bit <= bits[1]; bit += 1) {
      const bytes = Uint8Array.from(base);
      const at = (words[word] ?? assert.fail(word)) + (bit >> 3);
      // Any of the values of SIGNING_KEY that are defined.
      bytes[at] = part === "signingKey" ? 7 << 2 : (bytes[at] ?? 0) ^ (1 << (bit & 7));
      const [before, after] = [parseReport(base), parseReport(bytes)].map((report) => ({
        abi: [report.policy.abiMajor, report.policy.abiMinor],
        ...(word === "policy" ? report.policy : word === "platformInfo" ? report.platformInfo : report),
      }));
      assert.notEqual(
        text(Reflect.get(before ?? {}, part)),
        text(Reflect.get(after ?? {}, part)),
        `${name} bit ${bit}`,
      );
    }
  }
});

test("every known bit of the policy and of the platform has a field", () => {
  const { policy, platformInfo } = parseReport(base);
  for (const [word, bits] of Object.entries({ policy, platformInfo }))
    for (const [bit, value] of Object.entries(bits))
      if (typeof value === "boolean") assert.ok(Object.hasOwn(evidenceFields, `${word}.${bit}`), `${word}.${bit}`);
});

test("every claim that the library writes belongs to a field", async () => {
  const verified = await verifyReport(await fakeEvidence(), fakeOptions);
  const claims = {
    purpose: "reader",
    audience: "anyone",
    nonce: new Uint8Array(32),
    tlsSpkiSha256: null,
    document: {},
  } as const;
  const known = new Set(fields.map(([, { claim }]) => claim));
  const written = Object.keys(maaClaims({ verified, claims, issuer: "https://broker.example" }));
  assert.ok(written.length > 25);
  assert.deepEqual(
    written.filter((claim) => !known.has(claim)),
    [],
  );
});

test("no two fields have the same claim, and each group has a field", () => {
  const claims = fields.flatMap(([, { claim }]) => (claim === undefined ? [] : [claim]));
  assert.deepEqual(claims.toSorted(), [...new Set(claims)].toSorted());
  const groups = new Set<string>(fields.map(([, { group }]) => group));
  assert.deepEqual(
    Object.keys(fieldGroups).filter((group) => group !== "other" && !groups.has(group)),
    [],
  );
});

test("every explanation is whole sentences, and short", () => {
  for (const [name, meaning] of Object.entries(explanations)) {
    assert.match(meaning, /^[A-Z0-9a-z“].*[.]$/s, name);
    assert.ok(meaning.length <= 260, `${name} has ${meaning.length} characters`);
  }
});
