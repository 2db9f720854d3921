// The same verifier in a browser: every vector must meet the same fate as in Node. The files are served as they are, with their types
// stripped, so that what runs in the browser is what an auditor reads.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { stripTypeScriptTypes } from "node:module";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { chromium } from "playwright-core";
import {
  amdRoots,
  AttestationError,
  type ReportEvidence,
  simulatedRoot,
  type TrustedRoots,
  verifyReport,
} from "#attestation";
import { evidenceOf, index, skip as vectorsAbsent } from "./vectors.ts";

const executablePath = (process.env["PATH"] ?? "")
  .split(delimiter)
  .flatMap((folder) => ["chromium", "chromium-browser", "google-chrome"].map((name) => join(folder, name)))
  .find((path) => existsSync(path));
const skip = vectorsAbsent === false && executablePath === undefined ? "skipped: no Chromium on PATH" : vectorsAbsent;

const library = new URL("../../../services/lib/attestation/", import.meta.url);

interface Case {
  readonly name: string;
  readonly evidence: ReportEvidence;
  readonly roots: TrustedRoots;
  readonly verifyAt: string;
}

const cases: readonly Case[] = [
  ...index.vectors.map(({ name, files, verifyAt }) => ({
    name,
    evidence: evidenceOf(name, files),
    roots: amdRoots(),
    verifyAt,
  })),
  ...index.negatives.flatMap(({ name, base, mutations, verifyAt }) =>
    index.vectors
      .filter((vector) => vector.name === base)
      .map(({ files }) => ({ name, evidence: evidenceOf(base, files, mutations), roots: amdRoots(), verifyAt })),
  ),
  ...index.synthetic.map(({ name, files, product, verifyAt }) => ({
    name,
    evidence: evidenceOf(name, files),
    roots: simulatedRoot(Buffer.from(index.about.syntheticRoots[product]?.spkiSha256 ?? "", "hex")),
    verifyAt,
  })),
];

async function outcomeInNode({ evidence, roots, verifyAt }: Case): Promise<string> {
  try {
    return (
      await verifyReport(evidence, { roots, now: new Date(verifyAt), revocation: { unchecked: "not of this test" } })
    ).product;
  } catch (error) {
    if (error instanceof AttestationError) return error.code;
    throw error;
  }
}

/** Serves the library below /lib/ and an empty page; `localhost` is a secure context, so WebCrypto is there. */
const server = createServer((request, response) => {
  const name = /^\/lib\/((?:[a-z]+\/)?[a-z0-9-]+\.ts)$/.exec(request.url ?? "")?.[1];
  if (name === undefined) {
    response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>attestation</title>");
    return;
  }
  const source = stripTypeScriptTypes(readFileSync(new URL(name, library), "utf8"));
  response.writeHead(200, { "content-type": "text/javascript" }).end(source);
});

test("gives in Chromium the verdicts that it gives in Node", { skip }, async (context) => {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  context.after(() => server.close());
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo;
  const browser = await chromium.launch({ executablePath: executablePath ?? "" });
  context.after(() => browser.close());
  const page = await browser.newPage();
  await page.goto(`http://localhost:${port}/`);

  const sent = cases.map(({ evidence, roots, verifyAt }) => ({
    report: [...evidence.report],
    certificates: evidence.certificates.map((one) => [...one]),
    pin: roots.kind === "simulated" ? [...roots.arkSpkiSha256] : null,
    verifyAt,
  }));
  const seen = await page.evaluate(async (all) => {
    const door = "/lib/index.ts";
    const library = await import(door);
    const outcomes: string[] = [];
    for (const { report, certificates, pin, verifyAt } of all) {
      const evidence = {
        report: Uint8Array.from(report),
        certificates: certificates.map((one) => Uint8Array.from(one)),
      };
      const roots = pin === null ? library.amdRoots() : library.simulatedRoot(Uint8Array.from(pin));
      try {
        outcomes.push(
          (
            await library.verifyReport(evidence, {
              roots,
              now: new Date(verifyAt),
              revocation: { unchecked: "not of this test" },
            })
          ).product,
        );
      } catch (error) {
        outcomes.push(error instanceof library.AttestationError ? (error as { code: string }).code : String(error));
      }
    }
    return outcomes;
  }, sent);
  for (const [at, one] of cases.entries()) assert.equal(seen[at], await outcomeInNode(one), one.name);
  assert.equal(seen.length, cases.length);
});
