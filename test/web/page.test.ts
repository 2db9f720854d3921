// The page in a browser, against a mesh that runs.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium, type BrowserContext, type Page } from "playwright-core";
import { startMesh, type Mesh } from "../e2e/mesh.ts";

const chromiumFile = "/usr/bin/chromium";
const skip = existsSync(chromiumFile) ? false : `skipped: ${chromiumFile} absent`;
const profile = mkdtempSync(join(tmpdir(), "sealmesh-page-"));

let mesh: Mesh;
let anchored = "";
let context: BrowserContext;

before(async () => {
  if (skip !== false) return;
  mesh = await startMesh();
  const ready: unknown = await mesh.ready;
  anchored = String((ready as { readonly page?: unknown }).page); // what the launcher says
  // The main job of the start has the attacker busy.
  await mesh.line(({ type }) => type === "staying");
  context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumFile,
    headless: true,
    acceptDownloads: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
});

after(async () => {
  if (skip === false) {
    await context.close();
    await mesh.stop();
  }
  rmSync(profile, { recursive: true });
});

/** Opens the page in a tab of its own and waits until nothing is loading; every complaint of the browser is collected. */
const openPage = async (address: string): Promise<{ readonly page: Page; readonly complaints: readonly string[] }> => {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.goto(address);
  await settled(page);
  return { page, complaints };
};

const settled = async (page: Page): Promise<void> => {
  await page.locator(".pane").first().waitFor();
  await page.locator(".pane .evidence .verdict").nth(2).waitFor();
  await page.locator("[aria-busy]").first().waitFor({ state: "detached" });
};

const resultOf = async (page: Page): Promise<string> => {
  await page.locator(".result .verdict").waitFor();
  return page.locator(".result .verdict .badge").innerText();
};

test("with the anchor every workload, manifest and log entry is verified", { skip }, async () => {
  const { page, complaints } = await openPage(anchored);
  assert.match(await page.locator(".banner.proven").innerText(), /Anchored/);
  assert.deepEqual(await page.locator(".evidence .verdict .badge").allInnerTexts(), [
    "verified",
    "verified",
    "verified",
  ]);
  assert.equal(await page.locator(".evidence .simulated").count(), 3);
  assert.equal(await page.locator(".ledger .badge:not(.proven)").count(), 0);
  assert.equal(await page.locator(".failed, .failure").count(), 0);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("what a report says is explained field by field, and all that was compared is verified", { skip }, async () => {
  const { page } = await openPage(anchored);
  const evidence = page.locator(".evidence").first();
  await evidence.getByText("Details", { exact: true }).click();
  await evidence.getByText(/^Policy of the guest: 2 hold, \d+ not checked$/).click();
  const debug = evidence.locator(".check").filter({ hasText: /^DEBUG/ });
  assert.match(await debug.innerText(), /DEBUG\s+holds\s+no\s+Whether the host may debug the guest/);
  assert.match((await debug.getAttribute("class")) ?? "", /proven/);
  await page.close();
});

test(
  "a run is followed to a proved result, found again after a reload, and saved with its proof",
  { skip },
  async () => {
    const { page, complaints } = await openPage(anchored);
    await page.locator(".analysis").getByRole("button", { name: "Run", exact: true }).click();
    assert.equal(await resultOf(page), "verified");
    const run = await page.locator(".analysis code").filter({ hasText: "run " }).first().innerText();
    assert.equal(await page.locator(".result table").count(), 6);

    await page.reload();
    assert.equal(await resultOf(page), "verified");
    assert.equal(await page.locator(".analysis code").filter({ hasText: "run " }).first().innerText(), run);

    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download result and proof" }).click();
    const result: unknown = JSON.parse(readFileSync(await (await saved).path(), "utf8"));
    const { run: savedRun, statement, evidence } = result as Readonly<Record<string, unknown>>; // FORMATS.md 7
    assert.equal(`run ${String(savedRun)}`, run);
    assert.ok(statement !== undefined && evidence !== undefined);
    assert.deepEqual(complaints, []);
    await page.close();
  },
);

test("without an anchor nothing is green, not even a result that is consistent", { skip }, async () => {
  const { page } = await openPage(anchored.replace(/#.*/, ""));
  assert.match(await page.locator(".banner").innerText(), /Not anchored/);
  await page.locator(".analysis").getByRole("button", { name: "Run", exact: true }).click();
  assert.equal(await resultOf(page), "not proven");
  assert.equal(await page.locator(".proven").count(), 0);
  await page.close();
});

test("with a wrong anchor the page says so in red, and nothing is green", { skip }, async () => {
  const { page } = await openPage(anchored.replace(/#.*/, `#trust=sha256:${"0".repeat(64)}`));
  assert.match(await page.locator(".banner.failed").innerText(), /does not match/);
  assert.equal(await page.locator(".proven").count(), 0);
  await page.close();
});

test("the attacker's attacks are all denied, which is the attacker's word", { skip }, async () => {
  const { page } = await openPage(anchored);
  await page.getByRole("button", { name: "Run all attacks" }).click();
  await page.locator(".snooper [role=status] .badge").waitFor({ timeout: 120_000 });
  assert.match(await page.locator(".snooper [role=status]").innerText(), /^7 of 7 attacks denied/);
  assert.equal(await page.locator(".snooper .proven").count(), 0);
  await page.close();
});
