import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { after, before, describe, test } from "node:test";
import { Analytics } from "#gen/sealmesh/analytics/v1alpha1/analytics_pb.ts";
import { DataProvider } from "#gen/sealmesh/provider/v1alpha1/provider_pb.ts";
import { connectMesh, reasonOf } from "#mesh";
import { openCertificateAuthority } from "../../services/launcher/certificate-authority.ts";
import { findIn, findInFolder, formsOfNumber, formsOfText, type Form } from "./canary.ts";
import { freshFolder } from "./fresh.ts";
import { startHops, type Hops } from "./hops.ts";
import { startMesh, type Mesh } from "./mesh.ts";
import { sealmesh } from "./program.ts";
import { newestContract } from "./state-folder.ts";

/** Every service of the topology that others call. */
const CALLED = [
  "contoso/broker",
  "contoso/provider",
  "fabrikam/broker",
  "fabrikam/provider",
  "woodgrove/analytics",
  "woodgrove/changed-analytics",
  "snooper",
];
const ANALYSIS = "partner-demographics/demographics";

const canaries = [
  { party: "contoso", name: "Quixotina Zyzzogeton", phone: "+49 30 90817263545", salary: 1_357_924_681 },
  { party: "fabrikam", name: "Wambleton Oxbrixham", phone: "+81 3 71625344890", salary: 1_246_813_579 },
] as const;
const forms: readonly Form[] = canaries.flatMap(({ party, name, phone, salary }) => [
  ...formsOfText(`${party}'s name`, name),
  ...formsOfText(`${party}'s phone`, phone),
  ...formsOfNumber(`${party}'s salary`, salary),
]);

/**
 * People of two countries. The canary is in the middle of one group: lower and higher salaries are there often enough for every
 * threshold, so that no result shows it.
 */
const peopleWith = ({ name, phone, salary }: (typeof canaries)[number]): string => {
  const header = "name,phone,age,salary,eye_color,favorite_color,address,postal_code,city,country";
  const rows = Array.from({ length: 60 }, (_, row) => {
    const isCanary = row === 30;
    const paid = isCanary ? salary : row % 2 === 0 ? 20_000_000 + row * 1_000 : 2_000_000_000 + row * 1_000;
    return [
      isCanary ? name : `Person ${row}`,
      isCanary ? phone : `+1 555 ${1_000_000 + row}`,
      20 + (row % 40),
      paid,
      ["Brown", "Blue"][row % 2],
      ["Red", "Green"][row % 2],
      `${row} Main St`,
      `1${row}`,
      ["Oslo", "Lima"][row % 2],
      ["Norway", "Peru"][row % 2],
    ].join(",");
  });
  return [header, ...rows, ""].join("\n");
};

const dataWithCanaries = (): readonly string[] => {
  const folder = freshFolder();
  return canaries.map((canary) => {
    const file = join(folder, `${canary.party}.csv`);
    const text = peopleWith(canary);
    writeFileSync(file, text);
    assert.equal(findIn(file, Buffer.from(text), forms).length, 3, "each canary is in the source");
    return `--data=${canary.party}/${canary.party === "contoso" ? "employees" : "customers"}=${file}`;
  });
};

describe("with TLS stripped and a proxy that records every hop", () => {
  let hops: Hops;
  let mesh: Mesh;
  const at = (label: string): readonly string[] => ["--at", `localhost:${hops.proxy(label).port}`, "--tls", "off"];
  const off = { off: "the test listens on the wire" };
  const recordings = (): readonly (readonly [string, Buffer])[] =>
    CALLED.flatMap((label) =>
      hops
        .proxy(label)
        .recorded()
        .map((bytes) => [label, bytes] as const),
    );
  const found = (wanted: readonly Form[]): readonly string[] =>
    recordings().flatMap(([label, bytes]) => findIn(`the bytes of ${label}`, bytes, wanted));

  before(async () => {
    hops = await startHops(CALLED);
    const args = [...hops.args, "--tls=off", ...dataWithCanaries()];
    mesh = await startMesh({ args, ports: hops.ports });
    await mesh.ready;
    await mesh.line(({ type }) => type === "staying");
    const { file } = newestContract(mesh.state);
    const analysed = await sealmesh(["analyze", ANALYSIS, ...at("woodgrove/analytics"), "--contract", file, "--json"]);
    assert.equal(analysed.status, 0, analysed.stderr);
    const attacked = await sealmesh(["attack", "--all", ...at("snooper"), "--json"]);
    assert.equal(attacked.status, 0, attacked.stderr);
  });
  after(async () => {
    await mesh.stop();
    await hops.close();
  });

  test("every hop was recorded, and what is public can be read there", () => {
    for (const label of CALLED) {
      const bytes = hops.proxy(label).recorded();
      assert.ok(
        bytes.some(({ length }) => length > 100),
        label,
      );
    }
    const visible = found(formsOfText("the contract's name", "partner-demographics"));
    for (const label of ["contoso/broker", "woodgrove/analytics"])
      assert.ok(
        visible.some((text) => text === `the contract's name as it is, in the bytes of ${label}`),
        label,
      );
  });

  test("no canary is in any recorded byte, in any form", () => {
    assert.deepEqual(found(forms), []);
  });

  test("no canary is in what the launcher said", () => {
    assert.deepEqual(findIn("stdout", Buffer.from(mesh.stdout.join("\n")), forms), []);
    assert.deepEqual(findIn("stderr", Buffer.from(mesh.stderr()), forms), []);
  });

  test("no canary is in any file of the state folder, logs and storage among them", () => {
    const logs = findInFolder(mesh.state, formsOfText("a log", "process.log")).filter((text) =>
      text.includes("as it is"),
    );
    assert.ok(logs.length >= CALLED.length, "logs of all services are looked at");
    assert.deepEqual(findInFolder(mesh.state, forms), []);
  });

  test("the same search finds canaries that are sent and stored on purpose, in every form", async () => {
    const control = { name: "Ysolde Vexington-Plumb", salary: 1_470_258_369 };
    const wanted = [...formsOfText("the name", control.name), ...formsOfNumber("the salary", control.salary)];
    assert.deepEqual(found(wanted), []);
    const analytics = connectMesh({
      address: `127.0.0.1:${hops.proxy("woodgrove/analytics").port}`,
      serverName: "localhost",
      tls: off,
    });
    const provider = connectMesh({
      address: `127.0.0.1:${hops.proxy("contoso/provider").port}`,
      serverName: "localhost",
      tls: off,
    });
    try {
      for (const { bytes } of wanted) {
        // A digest of the wrong size is refused, after it was on the wire.
        await provider
          .client(DataProvider)
          .getManifest({ manifestDigest: bytes })
          .catch(() => undefined);
      }
      const run = analytics.client(Analytics).runAnalysis({ contract: control.name, query: "demographics" });
      await assert.rejects(async () => {
        for await (const _ of run);
      });
    } finally {
      analytics.close();
      provider.close();
    }
    const seen = found(wanted);
    for (const { what } of wanted) assert.ok(seen.includes(`${what}, in the bytes of contoso/provider`), what);
    assert.ok(seen.includes("the name as it is, in the bytes of woodgrove/analytics"));

    const folder = freshFolder();
    for (const [index, { bytes }] of wanted.entries()) writeFileSync(join(folder, `${index}`), bytes);
    const stored = findInFolder(folder, wanted);
    for (const [index, { what }] of wanted.entries())
      assert.ok(stored.includes(`${what}, in ${join(folder, `${index}`)}`), what);
  });
});

describe("with TLS", () => {
  let hops: Hops;
  let mesh: Mesh;
  before(async () => {
    hops = await startHops(CALLED);
    mesh = await startMesh({ args: hops.args, ports: hops.ports });
    await mesh.line(({ type }) => type === "staying");
  });
  after(async () => {
    await mesh.stop();
    await hops.close();
  });

  test("not even what is public can be read on the wire", () => {
    const recorded = CALLED.flatMap((label) => hops.proxy(label).recorded());
    assert.ok(Buffer.concat(recorded).length > 100_000);
    const methods = ["ReleaseKeys", "/sealmesh.", "application/grpc"].flatMap((text) => formsOfText(text, text));
    const wanted = [...formsOfText("the contract's name", "partner-demographics"), ...methods];
    for (const bytes of recorded) assert.deepEqual(findIn("the bytes", bytes, wanted), []);
  });
});

test("a proxy that ends TLS with a certificate of the same CA is refused: the evidence binds another key", async () => {
  const { ports, args, front, close } = await startInterceptor("contoso/provider");
  const mesh = await startMesh({ args, ports, without: ["gateway", "snooper", "changed_analytics"] });
  try {
    await mesh.ready;
    // As whoever operates the CA could.
    const authority = await openCertificateAuthority(join(mesh.state, "authority"));
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const name = "provider.contoso.example";
    const spki = new Uint8Array(publicKey.export({ format: "der", type: "spki" }));
    const key = privateKey.export({ format: "pem", type: "pkcs8" });
    front({ key, cert: await authority.issue(spki, [name]), ca: authority.certificate, name });
    await mesh.line(({ type }) => type === "staying");

    const address = await mesh.at("woodgrove/analytics");
    const connection = connectMesh({
      address,
      serverName: "localhost",
      tls: { ca: readFileSync(join(mesh.state, "ca.pem"), "utf8") },
    });
    const [contract = "", query = ""] = ANALYSIS.split("/");
    const events: string[] = [];
    const refused: unknown = await (async () => {
      for await (const { event } of connection.client(Analytics).runAnalysis({ contract, query }))
        events.push(event?.event.case ?? "");
    })().then(
      () => assert.fail("the run succeeded through the proxy"),
      (error: unknown) => error,
    );
    connection.close();
    assert.equal(reasonOf(refused)?.reason, "EVIDENCE_TLS_KEY", String(refused));
    assert.ok(!events.includes("result"));
  } finally {
    await mesh.stop();
    await close();
  }
});

/** A proxy that is told its certificate later: until then it lets nobody through. */
async function startInterceptor(label: string) {
  const hops = await startHops([label]);
  const behind = hops.proxy(label);
  let decrypt: ReturnType<typeof createTlsServer> | undefined;
  const outer = createServer((socket) => {
    socket.on("error", () => undefined);
    if (decrypt === undefined) socket.destroy();
    else decrypt.emit("connection", socket);
  });
  await new Promise<void>((resolve) => outer.listen(0, "127.0.0.1", resolve));
  const address = outer.address();
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has a port");
  return {
    ports: hops.ports,
    args: [`--via=${label}=${address.port}`],
    front({ key, cert, ca, name }: { key: string | Buffer; cert: string; ca: string; name: string }): void {
      decrypt = createTlsServer({ key, cert, ALPNProtocols: ["h2"] }, (inside) => {
        const on = connectTls({ port: behind.port, host: "127.0.0.1", ca, servername: name, ALPNProtocols: ["h2"] });
        for (const socket of [inside, on]) socket.on("error", () => undefined);
        inside.pipe(on).pipe(inside);
      });
    },
    async close(): Promise<void> {
      outer.close();
      await hops.close();
    },
  };
}
