import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { HostError } from "../../../services/launcher/host/host-error.ts";
import { createLaunchImage, type ImageSource, type LaunchImage } from "../../../services/launcher/host/image.ts";
import { hostDataOf, measurePolicy } from "../../../services/launcher/host/measure.ts";
import { workloadRole } from "../../../services/launcher/host/roles.ts";
import { type FakeProject, fakeProject } from "./fake-project.ts";

const role = workloadRole("analytics", "woodgrove");
let project: FakeProject;
let images: string;
const created: LaunchImage[] = [];
beforeEach(() => {
  project = fakeProject();
  images = join(project.scratch, "images");
  project.write("fake-node", "the runtime");
});
afterEach(async () => {
  for (const image of created.splice(0)) await image.remove();
  rmSync(project.scratch, { recursive: true });
});

const create = async (change: Partial<ImageSource> = {}): Promise<LaunchImage> => {
  const image = await createLaunchImage({
    project: project.folder,
    images,
    workloads: [role],
    node: { path: join(project.folder, "fake-node"), version: "v24.21.0" },
    nodeOptions: "",
    ...change,
  });
  created.push(image);
  return image;
};

test("an image holds the closed set and no more", async () => {
  const image = await create({ workloads: [role, workloadRole("provider", "contoso")] });
  const copy = image.workloads.get("woodgrove/analytics");
  assert.ok(copy);
  assert.deepEqual(readdirSync(copy.image).toSorted(), [
    "analytics-woodgrove",
    "node",
    "node_modules",
    "package-lock.json",
    "provider-contoso",
  ]);
  assert.deepEqual(readdirSync(copy.folder).toSorted(), ["gen", "package.json", "services"]);
  assert.deepEqual(readdirSync(join(copy.folder, "services")).toSorted(), ["analytics", "lib"]);
  assert.deepEqual(readdirSync(join(copy.image, "node_modules")).toSorted(), ["@scope", "two"]);
  assert.deepEqual(copy.policyDocument, await measurePolicy(project.folder, role));
  await image.remove();
  assert.deepEqual(readdirSync(images), []);
});

test("the image of an earlier launch is removed at the next", async () => {
  await create();
  mkdirSync(join(images, "half", "made"), { recursive: true });
  chmodSync(join(images, "half"), 0o500);
  writeFileSync(join(images, "stray"), "");
  await create();
  assert.equal(readdirSync(images).length, 1);
});

test("NODE_OPTIONS of the host changes MEASUREMENT and not HOST_DATA", async () => {
  const first = (await create()).workloads.get("woodgrove/analytics");
  const second = (await create({ nodeOptions: "--require=/tmp/x.js" })).workloads.get("woodgrove/analytics");
  assert.deepEqual(first?.policyDocument, second?.policyDocument);
  assert.notDeepEqual(first?.measurementDocument, second?.measurementDocument);
});

test("an image is refused for a symbolic link, which could point anywhere later", async () => {
  symlinkSync("/etc/hostname", join(project.folder, "services/lib/link.ts"));
  await assert.rejects(create(), (error) => error instanceof HostError && error.code === "SOURCE_REFUSED");
});

test("an image is refused when a production package is not installed", async () => {
  rmSync(join(project.folder, "node_modules/two"), { recursive: true });
  await assert.rejects(create(), (error) => error instanceof HostError && error.code === "PACKAGE_MISSING");
});

test("a workload with one comment more has the same command and another HOST_DATA", async () => {
  const label = "woodgrove/changed-analytics";
  const file = "services/analytics/main.ts";
  const image = await create({ changed: [{ label, definition: role, file, addedText: "// changed\n" }] });
  const [genuine, changed] = [image.workloads.get("woodgrove/analytics"), image.workloads.get(label)];
  assert.ok(genuine && changed);
  assert.deepEqual(changed.definition, genuine.definition);
  assert.deepEqual(changed.measurementDocument, genuine.measurementDocument);
  assert.notEqual(hostDataOf(changed.policyDocument), hostDataOf(genuine.policyDocument));
  assert.equal(readFileSync(join(changed.folder, file), "utf8"), "export {};\n// changed\n");
  assert.equal(readFileSync(join(genuine.folder, file), "utf8"), "export {};\n");
});
