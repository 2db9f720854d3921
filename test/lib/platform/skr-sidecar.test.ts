// A real HTTP server on loopback plays the sidecar, with the answers that Azure's gives.
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { afterEach, describe, test } from "node:test";
import { amdRoots, certificatesFrom, parseReport, reportDataOf, verifyReport } from "#attestation";
import { evidenceFor, openSecureProcessor, readerClaims } from "#platform";
import { assertPlatformRefused } from "./platform-refusal.ts";
import { unsignedReport } from "./unsigned-report.ts";

const vectors = new URL("../../../../shared/vectors/azure/evidence/", import.meta.url);
const skip = existsSync(vectors) ? false : "skipped: ../shared/vectors absent";

const document = new TextEncoder().encode("what the report is about");
const reportData = await reportDataOf(document);
const asHex = (report: Uint8Array): string => Buffer.from(report).toString("hex");
const honest = { report: asHex(unsignedReport(reportData)) };

interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly type: string | undefined;
  readonly body: string;
}
type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** Starts a sidecar that gives this answer to everything, and opens the source under test on it. */
const sidecar = async (answer: Answer, timeoutMs = 5_000) => {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url, headers } = request;
      asked.push({ method, url, type: headers["content-type"], body: Buffer.concat(chunks).toString() });
      answer(response, request);
    });
  }).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const source = { kind: "skr-sidecar", port: address.port, timeoutMs } as const;
  return { processor: openSecureProcessor(source), asked, source };
};

const answering =
  (status: number, body: unknown): Answer =>
  (response) =>
    response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));

const ask = async (answer: Answer) => (await sidecar(answer)).processor.report(reportData, document);

describe("the SKR sidecar", () => {
  test("is sent the document itself, in standard base64, and gives the report over its digest", async () => {
    // Every letter of the alphabet that differs from that of URLs.
    const claims = Uint8Array.from([0xfb, 0xff, 0xfe, 0x3e, 0x3f]);
    const wanted = await reportDataOf(claims);
    const { processor, asked } = await sidecar(answering(200, { report: asHex(unsignedReport(wanted)) }));
    const answer = await processor.report(wanted, claims);
    assert.deepEqual(parseReport(answer.report).reportData, wanted);
    assert.equal(answer.source, "skr-sidecar");
    assert.deepEqual(answer.certificates, []);
    assert.deepEqual(asked, [
      { method: "POST", url: "/attest/raw", type: "application/json", body: '{"runtime_data":"+//+Pj8="}' },
    ]);
  });

  test("makes evidence over claims", async () => {
    const claims = readerClaims({ nonce: new Uint8Array(32), tlsSpkiSha256: null });
    const wanted = await reportDataOf(claims);
    const { processor, asked } = await sidecar(answering(200, { report: asHex(unsignedReport(wanted)) }));
    const evidence = await evidenceFor(processor, claims);
    assert.deepEqual([evidence.source, evidence.runtimeClaims], ["skr-sidecar", claims]);
    assert.equal(JSON.parse(asked[0]?.body ?? "").runtime_data, Buffer.from(claims).toString("base64"));
  });

  test("is not asked for what it cannot put into a report", async () => {
    const { processor, asked } = await sidecar(answering(200, honest));
    await assertPlatformRefused(processor.report(reportData), "REPORT_DATA_INVALID", /digest of the document/);
    await assertPlatformRefused(processor.report(new Uint8Array(64), document), "REPORT_DATA_INVALID", /digest/);
    await assertPlatformRefused(processor.report(reportData.slice(1), document), "REPORT_DATA_INVALID", /63 bytes/);
    assert.deepEqual(asked, []);
  });

  test("is refused when its report is over something else", async () => {
    const answer = answering(200, { report: asHex(unsignedReport(new Uint8Array(64))) });
    await assertPlatformRefused(ask(answer), "REPORT_MISMATCH", /REPORT_DATA is 0{128}/);
  });

  test("is refused as unsuitable when it makes its report up, even over the right data", async () => {
    const answer = answering(200, { report: asHex(unsignedReport(reportData, { version: 1 })) });
    await assertPlatformRefused(ask(answer), "SOURCE_UNSUITABLE", /canned report/);
  });

  test("is refused as unsuitable with the very report that it has for outside of SEV-SNP", { skip }, async () => {
    const canned = readFileSync(new URL("sidecar-fake-report.hex", vectors), "utf8").trim();
    await assertPlatformRefused(ask(answering(200, { report: canned })), "SOURCE_UNSUITABLE", /canned report/);
    // The same bytes with a version that is accepted are over something else still.
    const renamed = canned.replace(/^01/, "02");
    await assertPlatformRefused(ask(answering(200, { report: renamed })), "REPORT_MISMATCH");
  });

  for (const [what, body] of Object.entries({
    "no report": {},
    "a report in base64": { report: unsignedReport(reportData).toString("base64") },
    "half a digit pair": { report: honest.report.slice(1) },
    "a byte too few": { report: honest.report.slice(2) },
    "a byte too many": { report: `${honest.report}00` },
    "no JSON": "Status OK",
    "two JSON documents": `${JSON.stringify(honest)}{"token":""}`,
    "a list": [honest],
    null: "null",
  })) {
    test(`is refused with ${what} for an answer`, async () => {
      await assertPlatformRefused(ask(answering(200, body)), "REPORT_MISMATCH");
    });
  }

  test("that says more than a report needs is cut off", async () => {
    let sent = 0;
    // Far too much, and not without an end: a client that reads all of it should fail the test, not the machine.
    const flood: Answer = (response) => {
      const more = () => {
        for (let ok = true; ok && sent < 32_000_000; sent += 65_536) ok = response.write(" ".repeat(65_536));
        if (sent >= 32_000_000) response.end();
      };
      response.on("drain", more);
      more();
    };
    await assertPlatformRefused(ask(flood), "REPORT_MISMATCH", /more than 16384 bytes/);
    assert.ok(sent < 32_000_000);
  });

  for (const [what, status, body, code, cause] of [
    ["two documents", 403, '{"error":"ioctl failed"}{"token":""}', "REPORT_UNAVAILABLE", /^ioctl failed$/],
    ["one document", 403, '{"error":"no }{ here"}', "REPORT_UNAVAILABLE", /^no }{ here$/],
    ["an empty object", 400, '{"error":{}}', "SOURCE_UNSUITABLE", /no reason is given/],
    ["nothing", 500, "", "REPORT_UNAVAILABLE", /no reason is given/],
    ["a page", 404, "<html>not found</html>", "SOURCE_UNSUITABLE", /no reason is given/],
  ] as const) {
    test(`that fails with status ${status} and ${what} says why in the cause only`, async () => {
      const failing = ask(answering(status, body));
      await assertPlatformRefused(failing, code, new RegExp(`status ${status}$`));
      await failing.catch(({ cause: seen }: Error) => assert.match(seen instanceof Error ? seen.message : "", cause));
    });
  }

  test("that sends on to another address is not followed there", async () => {
    const { processor, asked } = await sidecar((response, { url }) => {
      if (url === "/elsewhere") response.end(JSON.stringify(honest));
      else response.writeHead(307, { location: "/elsewhere" }).end();
    });
    await assertPlatformRefused(processor.report(reportData, document), "REPORT_UNAVAILABLE");
    assert.equal(asked.length, 1);
  });

  test("that is given up loses the connection, so that none piles up", { timeout: 5_000 }, async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { processor } = await sidecar((response) => response.on("close", resolve), 50);
    await assertPlatformRefused(processor.report(reportData, document), "REPORT_UNAVAILABLE", /within 50 ms/);
    await promise;
  });

  test("that is silent, slow or gone is given up", async () => {
    const { processor } = await sidecar(() => undefined, 50);
    await assertPlatformRefused(processor.report(reportData, document), "REPORT_UNAVAILABLE", /within 50 ms/);
    const slow = await sidecar((response) => response.writeHead(200).write('{"report":"'), 50);
    await assertPlatformRefused(slow.processor.report(reportData, document), "REPORT_UNAVAILABLE", /within 50 ms/);
    const broken = await sidecar((_, { socket }) => socket.destroy());
    await assertPlatformRefused(
      broken.processor.report(reportData, document),
      "REPORT_UNAVAILABLE",
      /cannot be reached/,
    );
    const gone = await sidecar(() => undefined);
    servers.pop()?.close();
    await assertPlatformRefused(gone.processor.report(reportData, document), "REPORT_UNAVAILABLE", /cannot be reached/);
  });

  test("has the security context beside its report only when that is configured", async () => {
    const { source } = await sidecar(answering(200, honest));
    const environment = { UVM_SECURITY_POLICY: Buffer.from("policy").toString("base64") };
    const policyWith = async (securityContext?: { readonly root: string }) => {
      const processor = openSecureProcessor({ ...source, securityContext }, environment);
      return Buffer.from((await processor.report(reportData, document)).policyDocument).toString();
    };
    assert.equal(await policyWith(), "");
    assert.equal(await policyWith({ root: import.meta.dirname }), "policy");
  });

  test("that is closed gives up what it was asked", async () => {
    const { processor } = await sidecar(() => undefined);
    const pending = processor.report(reportData, document);
    setTimeout(() => processor.close(), 20);
    await assertPlatformRefused(pending, "REPORT_UNAVAILABLE", /given up/);
  });

  test("with a real report of a container group gives what verifies", { skip }, async () => {
    const bundle = JSON.parse(readFileSync(new URL("caci-1-encryption/attestation.json", vectors), "utf8"));
    const { attestation, platformCertificates } = bundle.report.snpCACI;
    const publicKey = new TextEncoder().encode(bundle.publicKey);
    const report = Buffer.from(attestation, "base64");
    const { processor } = await sidecar(answering(200, { report: asHex(report).toUpperCase() }));
    const answer = await processor.report(await reportDataOf(publicKey), publicKey);
    const verified = await verifyReport(
      { ...answer, certificates: certificatesFrom(Buffer.from(platformCertificates, "base64")) },
      { roots: amdRoots(), now: new Date("2026-01-01"), revocation: { unchecked: "the vector is old" } },
    );
    assert.equal(verified.product, "Milan");
  });
});
