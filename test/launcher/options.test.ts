// The words of `npm start`, topologies and ports.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { parseOptions } from "../../services/launcher/options.ts";
import { checkPorts } from "../../services/launcher/ports.ts";
import { placesOf, readTopology } from "../../services/launcher/topology.ts";

const project = dirname(dirname(import.meta.dirname));

test("without words the advanced topology starts in .sealmesh and stays up", () => {
  const { topology, state, once: isOnce, meshShift, tls } = parseOptions([]);
  assert.deepEqual(
    { topology, state, isOnce, meshShift, tls },
    { topology: "advanced", state: ".sealmesh", isOnce: false, meshShift: 0, tls: "on" },
  );
});

test("datasets, thresholds and ports are read", () => {
  const options = parseOptions([
    "--data",
    "contoso/employees=a=b.csv",
    "--minimum-group",
    "5",
    "--extremes",
    "exact",
    "--mesh-port",
    "9000",
    "--page-port",
    "9100",
  ]);
  assert.equal(options.data.get("contoso/employees"), "a=b.csv");
  assert.equal(options.minimumGroup, 5);
  assert.equal(options.extremes, "exact");
  assert.equal(options.meshShift, 9000 - 7443);
  assert.equal(options.pagePort, 9100);
});

test("the simulated machine is what is named, and what a first start makes of it otherwise", () => {
  const { chip, reportVersion, signer, kdsPort } = parseOptions([
    "--chip",
    "turin",
    "--report-version",
    "5",
    "--signer",
    "vlek",
    "--kds-port",
    "9200",
  ]);
  assert.deepEqual([chip, reportVersion, signer, kdsPort], ["turin", 5, "vlek", 9200]);
  const without = parseOptions([]);
  for (const name of ["chip", "reportVersion", "signer", "kdsPort"]) assert.ok(!(name in without), name);
});

test("reports without a CPU are refused before anything is made, with the reason", () => {
  assert.throws(() => parseOptions(["--report-version", "2"]), {
    code: "OPTION_INVALID",
    message: /does not sign its CPU.*TCB_FLOOR_MISSING/,
  });
});

for (const words of [
  ["--unknown"],
  ["--data", "contoso/employees"],
  ["--data", "contoso/employees="],
  ["--data", "../x=a.csv"],
  ["--data", "contoso/employees=a.csv", "--data", "contoso/employees=b.csv"],
  ["--minimum-group", "0"],
  ["--minimum-group", "3.5"],
  ["--extremes", "rounded"],
  ["--mesh-port", "65536"],
  ["--page-port", "x"],
  ["--tls", "maybe"],
  ["--via", "contoso/provider=0"],
  ["--chip", "rome"],
  ["--report-version", "4"],
  ["--signer", "ark"],
  ["--kds-port", "0"],
]) {
  test(`refuses ${words.join(" ")}`, () => {
    assert.throws(() => parseOptions(words), { code: "OPTION_INVALID" });
  });
}

test("the topologies that ship have the services of design, each on its own port", () => {
  const labels = placesOf(readTopology(project, "advanced"), { meshShift: 0 }).map(({ label }) => label);
  for (const label of [
    "contoso/broker",
    "contoso/provider",
    "fabrikam/broker",
    "fabrikam/provider",
    "woodgrove/analytics",
    "snooper",
    "gateway",
  ]) {
    assert.ok(labels.includes(label), label);
  }
  const ports = placesOf(readTopology(project, "advanced"), { meshShift: 0 }).map(({ port }) => port);
  assert.equal(new Set(ports).size, ports.length);
  assert.equal(
    placesOf(readTopology(project, "demo"), { meshShift: 0 }).some(({ role }) => role === "analytics"),
    false,
  );
});

test("the page's port moves alone, the mesh's ports move together", () => {
  const topology = readTopology(project, "advanced");
  const moved = placesOf(topology, { meshShift: 100, page: 9999 });
  assert.equal(moved.find(({ role }) => role === "gateway")?.port, 9999);
  assert.equal(moved.find(({ role }) => role === "analytics")?.port, 7543);
});

test("an unknown topology and a broken one are named", () => {
  assert.throws(() => readTopology(project, "nowhere"), { code: "TOPOLOGY_UNKNOWN" });
  assert.throws(() => readTopology(project, join(project, "infra", "demonstration", "employees.schema.yaml")), {
    code: "TOPOLOGY_INVALID",
  });
});

test("a taken port is named with its service and the option that moves it", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const { port } = address;
  const place = { party: "gateway", role: "gateway", label: "gateway", serverName: "localhost", port } as const;
  await assert.rejects(checkPorts([place]), {
    code: "PORT_TAKEN",
    data: { port, service: "gateway", option: "--page-port" },
  });
});
