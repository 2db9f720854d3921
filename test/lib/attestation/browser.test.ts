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
import * as attestation from "#attestation";
import { calls, makeCalls } from "./browser-calls.ts";
import { skip as vectorsAbsent } from "./vectors.ts";

const executablePath = (process.env["PATH"] ?? "")
  .split(delimiter)
  .flatMap((folder) => ["chromium", "chromium-browser", "google-chrome"].map((name) => join(folder, name)))
  .find((path) => existsSync(path));
const skip = vectorsAbsent === false && executablePath === undefined ? "skipped: no Chromium on PATH" : vectorsAbsent;

const library = new URL("../../../services/lib/attestation/", import.meta.url);

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

  // The very function that runs in Node, as its source text.
  const content = `import * as library from "/lib/index.ts"; globalThis.made = (${makeCalls.toString()})(library, ${JSON.stringify(calls)});`;
  await page.addScriptTag({ type: "module", content });
  await page.waitForFunction("globalThis.made !== undefined");
  const seen: readonly string[] = await page.evaluate("globalThis.made");
  const wanted = await makeCalls(attestation, calls);
  for (const [at, { kind, name }] of calls.entries()) assert.equal(seen[at], wanted[at], `${kind} ${name}`);
  assert.equal(seen.length, calls.length);
  assert.ok(wanted.every((outcome) => !outcome.includes("Error")));
});
