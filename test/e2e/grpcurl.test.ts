// Standard tools that know nothing of this mesh but an address and the CA's certificate.
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { promisify } from "node:util";
import * as v from "valibot";
import { freshFolder } from "./fresh.ts";
import { startMesh } from "./mesh.ts";
import { PATIENCE_MS, project } from "./program.ts";

const GRPCURL = "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4";

/** The program on the path, or built from the Go module proxy; undefined when neither can be. */
const findGrpcurl = (): string | undefined => {
  if (spawnSync("grpcurl", ["-version"]).status === 0) return "grpcurl";
  const folder = freshFolder();
  const { status } = spawnSync("go", ["install", GRPCURL], { env: { ...process.env, GOBIN: folder } });
  return status === 0 ? join(folder, "grpcurl") : undefined;
};

const grpcurl = findGrpcurl();
const skip = grpcurl === undefined ? "skipped: neither grpcurl nor Go to build it is here" : false;
const buf = join(project, "node_modules", ".bin", "buf");
const run = promisify(execFile);
const limits = { timeout: PATIENCE_MS, maxBuffer: 32 * 1024 * 1024 };
const request = JSON.stringify({ contract: "partner-demographics", query: "demographics" });
const RUN = "sealmesh.analytics.v1alpha1.Analytics/RunAnalysis";

let address: string;
let ca: string;
before(async () => {
  const mesh = await startMesh({ without: ["gateway", "snooper", "changed_analytics"] });
  address = await mesh.at("woodgrove/analytics");
  ca = join(mesh.state, "ca.pem");
  await mesh.line(({ type }) => type === "staying");
});

const event = v.object({
  event: v.object({
    sequence: v.string(),
    run: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
    started: v.optional(v.object({ contract: v.literal("partner-demographics"), query: v.literal("demographics") })),
    progress: v.optional(v.looseObject({ stage: v.string() })),
    result: v.optional(v.looseObject({ document: v.string(), statement: v.looseObject({ payloadType: v.string() }) })),
  }),
});

/** The messages of a stream, one JSON text after the other as tools print them. */
const messagesIn = (text: string) =>
  text
    .trim()
    .split(/(?<=^\}|\})\n(?=\{)/m)
    .map((message) => v.parse(event, JSON.parse(message)).event);

const checkRun = (stdout: string): void => {
  const events = messagesIn(stdout);
  assert.deepEqual(
    events.map(({ sequence }) => Number(sequence)),
    events.map((_, index) => index + 1),
  );
  assert.ok(events[0]?.started !== undefined);
  assert.ok(events.slice(1, -1).every(({ progress }) => progress !== undefined) && events.length > 5);
  const { rows, type } = JSON.parse(events.at(-1)?.result?.document ?? "null") as { rows: unknown; type: unknown }; // FORMATS.md, section 7
  assert.deepEqual([type, rows], ["result", { contoso: 50, fabrikam: 50 }]);
};

describe("grpcurl, with the address and the CA file", { skip }, () => {
  const call = async (...args: readonly string[]): Promise<string> =>
    (await run(grpcurl ?? "", ["-cacert", ca, ...args], limits)).stdout;

  test("lists the services", async () => {
    assert.deepEqual((await call(address, "list")).trim().split("\n"), [
      "grpc.health.v1.Health",
      "sealmesh.analytics.v1alpha1.Analytics",
      "sealmesh.attestation.v1alpha1.Attestation",
    ]);
  });

  test("describes a service with its streams, and a message", async () => {
    const service = await call(address, "describe", "sealmesh.analytics.v1alpha1.Analytics");
    assert.match(service, /rpc RunAnalysis \( \.[\w.]+RunAnalysisRequest \) returns \( stream \.[\w.]+ \)/);
    const message = await call(address, "describe", "sealmesh.analytics.v1alpha1.RunAnalysisRequest");
    assert.match(message, /string contract = 1;/);
  });

  test("runs an analysis with its stream to the result", async () => {
    checkRun(await call("-d", request, address, RUN));
  });

  test("hears from the health service that it serves", async () => {
    const whole = await call(address, "grpc.health.v1.Health/Check");
    assert.deepEqual(JSON.parse(whole), { status: "SERVING" });
    const service = { service: "sealmesh.analytics.v1alpha1.Analytics" };
    const one = await call("-d", JSON.stringify(service), address, "grpc.health.v1.Health/Check");
    assert.deepEqual(JSON.parse(one), { status: "SERVING" });
  });

  test("is told why a call is refused, with the reason as a detail that it can read", async () => {
    const unknown = JSON.stringify({ contract: "no-such-contract", query: "demographics" });
    await assert.rejects(call("-d", unknown, address, RUN), ({ stderr }: { readonly stderr: string }) => {
      assert.match(stderr, /Code: NotFound/);
      assert.match(stderr, /"reason":\s*"CONTRACT_UNKNOWN"/);
      return true;
    });
  });

  test("is refused without the CA file: the certificate is no public one", async () => {
    await assert.rejects(run(grpcurl ?? "", [address, "list"], limits), /certificate/);
  });
});

describe("buf curl, with the address and the CA file", () => {
  const call = async (method: string, data: string): Promise<string> =>
    (await run(buf, ["curl", "--cacert", ca, "--protocol", "grpc", "-d", data, `https://${address}/${method}`], limits))
      .stdout;

  test("runs an analysis with its stream to the result", async () => {
    checkRun(await call(RUN, request));
  });

  test("hears from the health service that it serves", async () => {
    assert.deepEqual(JSON.parse(await call("grpc.health.v1.Health/Check", "{}")), { status: "SERVING" });
  });
});
