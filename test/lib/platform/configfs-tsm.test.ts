import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { parseReport } from "#attestation";
import { openSecureProcessor } from "#platform";
import { createConfigfsTsm } from "../../../services/lib/platform/configfs-tsm.ts";
import { machineTsmFiles } from "../../../services/lib/platform/tsm-files.ts";
import { createFakeTsm, type FakeTsmOptions, openFakeTsm, systemError, type TsmOperation } from "./fake-tsm.ts";
import { assertPlatformRefused } from "./platform-refusal.ts";
import { unsignedReport } from "./unsigned-report.ts";

const nonce = Uint8Array.from({ length: 64 }, (_, at) => at);
const other = new Uint8Array(64).fill(0xee);
const read = (operation: TsmOperation, name: string) => operation.kind === "read" && operation.name === name;

describe("configfs-tsm", () => {
  test("gives the report that was asked for, and says that it comes from there", async () => {
    const kernel = createFakeTsm();
    const answer = await openFakeTsm(kernel).report(nonce);
    assert.deepEqual(parseReport(answer.report).reportData, nonce);
    assert.equal(answer.source, "configfs-tsm");
    assert.deepEqual([answer.certificates, answer.crls, answer.uvmEndorsement], [[], undefined, undefined]);
    assert.deepEqual([answer.policyDocument.length, answer.measurementDocument.length], [0, 0]);
  });

  test("writes the nonce once, and compares the generation before and after each read", async () => {
    const kernel = createFakeTsm();
    await openFakeTsm(kernel).report(nonce);
    const [made, ...steps] = kernel.operations.map(({ kind, name }) => `${kind} ${name}`);
    assert.match(made ?? "", /^mkdir sealmesh-[0-9a-f-]{36}$/);
    const around = (name: string) => ["read generation", `read ${name}`, "read generation"];
    assert.deepEqual(steps, [
      "read generation",
      "write inblob",
      ...around("outblob"),
      ...around("auxblob"),
      ...around("provider"),
      made?.replace("mkdir", "rmdir"),
    ]);
  });

  test("uses a new entry for every report, also for those asked at once, and leaves none behind", async () => {
    const kernel = createFakeTsm();
    const processor = openFakeTsm(kernel);
    const answers = await Promise.all([processor.report(nonce), processor.report(other), processor.report(nonce)]);
    assert.deepEqual(
      answers.map(({ report }) => parseReport(report).reportData),
      [nonce, other, nonce],
    );
    assert.equal(new Set(kernel.operations.filter(({ kind }) => kind === "mkdir").map(({ path }) => path)).size, 3);
    assert.deepEqual(kernel.left, []);
  });

  test("asks for exactly 64 bytes, of its own copy", async () => {
    const kernel = createFakeTsm();
    for (const size of [0, 63, 65]) {
      await assertPlatformRefused(openFakeTsm(kernel).report(new Uint8Array(size)), "REPORT_DATA_INVALID", /64/, {
        size,
      });
    }
    assert.deepEqual(kernel.operations, []);
    const mine = nonce.slice();
    const pending = openFakeTsm(kernel).report(mine);
    mine.fill(0);
    assert.deepEqual(parseReport((await pending).report).reportData, nonce);
  });

  test("gives up an entry that somebody else writes to, with all that was read from it", async () => {
    for (const at of ["outblob", "auxblob", "provider"]) {
      let times = 0;
      const kernel = createFakeTsm({
        before: (operation, tree) => {
          if (read(operation, at) && times++ === 0) tree.disturb(dirname(operation.path), "inblob", other);
        },
      });
      const { report } = await openFakeTsm(kernel).report(nonce);
      assert.deepEqual(parseReport(report).reportData, nonce, at);
      assert.equal(kernel.operations.filter(({ kind }) => kind === "mkdir").length, 2, at);
      assert.deepEqual(kernel.left, [], at);
    }
  });

  test("refuses even the right bytes when the generation jumped behind them", async () => {
    // The other process writes the same nonce: the report is right, whoever made it.
    const kernel = createFakeTsm({
      before: (operation, tree) => {
        if (read(operation, "outblob")) tree.disturb(dirname(operation.path), "inblob", nonce);
      },
    });
    await assertPlatformRefused(openFakeTsm(kernel).report(nonce), "REPORT_DISTURBED", /generation is 2 .*want 1/);
    assert.equal(kernel.operations.filter(({ kind }) => kind === "mkdir").length, 5);
    assert.deepEqual(kernel.left, []);
  });

  test("refuses a write of somebody else before its own first read", async () => {
    const kernel = createFakeTsm({
      before: (operation, tree) => {
        if (operation.kind === "write") tree.disturb(dirname(operation.path), "inblob", other);
      },
    });
    await assertPlatformRefused(openFakeTsm(kernel).report(nonce), "REPORT_DISTURBED");
    assert.equal(kernel.operations.filter((operation) => read(operation, "outblob")).length, 0);
  });

  test("tries again in a new entry when the kernel is busy", async () => {
    let times = 0;
    const kernel = createFakeTsm({
      before: ({ kind }) => {
        if (kind === "write" && times++ < 2) throw systemError("EBUSY");
      },
    });
    const { report } = await openFakeTsm(kernel).report(nonce);
    assert.deepEqual(parseReport(report).reportData, nonce);
    assert.equal(kernel.operations.filter(({ kind }) => kind === "mkdir").length, 3);
    assert.deepEqual(kernel.left, []);
  });

  test("refuses the kept report of another nonce", async () => {
    const kernel = createFakeTsm({ firmware: () => unsignedReport(other) });
    await assertPlatformRefused(openFakeTsm(kernel).report(nonce), "REPORT_MISMATCH", /REPORT_DATA is ee/);
    assert.deepEqual(kernel.left, []);
  });

  test("refuses anything but one report of 1184 bytes", async () => {
    const whole = unsignedReport(nonce);
    for (const bytes of [whole.subarray(0, 1183), Buffer.concat([whole, new Uint8Array(1)]), Buffer.alloc(1184)]) {
      const kernel = createFakeTsm({ firmware: () => bytes });
      await assertPlatformRefused(openFakeTsm(kernel).report(nonce), "REPORT_MISMATCH", /not an attestation report/);
    }
  });

  test("refuses a kernel that takes a part of the nonce only", async () => {
    const kernel = createFakeTsm();
    const short = {
      ...kernel,
      write: async (path: string, bytes: Uint8Array) => kernel.write(path, bytes.subarray(1)),
    };
    const processor = createConfigfsTsm({ root: "/sys/kernel/config/tsm/report", timeoutMs: 2_000, files: short });
    await assertPlatformRefused(processor.report(nonce), "REPORT_UNAVAILABLE", /took 63 of 64 bytes/);
    assert.deepEqual(kernel.left, []);
  });

  test("asks at the level that is configured, and counts that write too", async () => {
    const kernel = createFakeTsm({ floor: 2 });
    const { report } = await openFakeTsm(kernel, 3).report(nonce);
    assert.equal(parseReport(report).vmpl, 3);
  });

  test("refuses a level below the guest's own, or above 3", async () => {
    const kernel = createFakeTsm({ floor: 2 });
    await assertPlatformRefused(
      openFakeTsm(kernel, 1).report(nonce),
      "SOURCE_UNSUITABLE",
      /privlevel is 1, want 2 to 3/,
    );
    await assertPlatformRefused(openFakeTsm(kernel, 4).report(nonce), "SOURCE_UNSUITABLE", /privlevel is 4/);
    assert.deepEqual(kernel.left, []);
  });

  test("refuses a report at another level than the one asked for", async () => {
    const kernel = createFakeTsm({ firmware: (inblob) => unsignedReport(inblob, { vmpl: 0 }) });
    await assertPlatformRefused(openFakeTsm(kernel, 2).report(nonce), "REPORT_MISMATCH", /VMPL is 0, want 2/);
  });

  test("refuses another provider than SEV-SNP's", async () => {
    const quote: FakeTsmOptions = { provider: "tdx_guest", table: null, firmware: () => new Uint8Array(8_000) };
    await assertPlatformRefused(openFakeTsm(createFakeTsm(quote)).report(nonce), "SOURCE_UNSUITABLE", /"tdx_guest"/);
  });

  test("does without a certificate table, empty or missing", async () => {
    for (const table of [new Uint8Array(), null]) {
      const { certificates } = await openFakeTsm(createFakeTsm({ table })).report(nonce);
      assert.deepEqual(certificates, []);
    }
  });

  test("refuses a certificate table that is none", async () => {
    const kernel = createFakeTsm({ table: new Uint8Array(24).fill(0xff) });
    await assertPlatformRefused(openFakeTsm(kernel).report(nonce), "COLLATERAL_UNUSABLE", /certificate table/);
  });

  for (const [what, options, code, message] of [
    ["without configfs", { isMounted: false }, "SOURCE_UNSUITABLE", /mkdir: ENOENT.*not mounted/],
    ["without a provider", { provider: null }, "SOURCE_UNSUITABLE", /mkdir: ENXIO, no provider/],
    ["EACCES at mkdir", {}, "SOURCE_UNSUITABLE", /mkdir: EACCES, not allowed/],
    ["EINVAL at write", {}, "SOURCE_UNSUITABLE", /write inblob: EINVAL, the provider refuses/],
    ["EINVAL at read", {}, "SOURCE_UNSUITABLE", /read outblob: EINVAL, the provider refuses/],
    ["EFBIG at read", {}, "SOURCE_UNSUITABLE", /read outblob: EFBIG, larger/],
    ["EIO at read", {}, "REPORT_UNAVAILABLE", /read outblob: EIO, the firmware failed/],
    ["ENXIO at read", {}, "SOURCE_UNSUITABLE", /read outblob: ENXIO/],
    ["ENOSYS at read", {}, "REPORT_UNAVAILABLE", /read outblob: ENOSYS/],
    ["EBUSY at read", {}, "REPORT_DISTURBED", /read outblob: EBUSY/],
    ["EIO at rmdir", {}, "REPORT_UNAVAILABLE", /rmdir: EIO/],
  ] as const) {
    test(`says what is wrong ${what}, and removes the entry`, async () => {
      const [errno = "", , step = ""] = what.split(" ");
      const kernel = createFakeTsm({
        ...options,
        before: ({ kind, name }, tree) => {
          if (kind !== step || (kind === "read" && name !== "outblob")) return;
          if (kind !== "rmdir" || tree.operations.filter((operation) => operation.kind === "rmdir").length === 1)
            throw systemError(errno);
        },
      });
      await assertPlatformRefused(openFakeTsm(kernel).report(nonce), code, message);
      if (step !== "rmdir") assert.deepEqual(kernel.left, []);
    });
  }

  test("reports the first failure when the entry cannot be removed either", async () => {
    const kernel = createFakeTsm({
      before: (operation) => {
        if (read(operation, "outblob") || operation.kind === "rmdir") throw systemError("EIO");
      },
    });
    await assertPlatformRefused(openFakeTsm(kernel).report(nonce), "REPORT_UNAVAILABLE", /read outblob: EIO/);
  });

  test("refuses a generation that is no number", async () => {
    const kernel = createFakeTsm();
    const files = {
      ...kernel,
      read: async (path: string, limit: number) =>
        path.endsWith("generation") ? new TextEncoder().encode("many\n") : kernel.read(path, limit),
    };
    const processor = createConfigfsTsm({ root: "/sys/kernel/config/tsm/report", timeoutMs: 2_000, files });
    await assertPlatformRefused(processor.report(nonce), "REPORT_UNAVAILABLE", /generation is no number/);
    assert.deepEqual(kernel.left, []);
  });

  test("gives up when the time is up or it is closed, and the entry is still removed", { timeout: 5_000 }, async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const kernel = createFakeTsm();
    const files = {
      ...kernel,
      read: async (path: string, limit: number) => {
        if (path.endsWith("outblob")) await promise;
        return kernel.read(path, limit);
      },
    };
    const options = { root: "/sys/kernel/config/tsm/report", files };
    const slow = createConfigfsTsm({ ...options, timeoutMs: 20 });
    await assertPlatformRefused(slow.report(nonce), "REPORT_UNAVAILABLE", /within 20 ms/);
    const closed = createConfigfsTsm({ ...options, timeoutMs: 60_000 });
    const pending = closed.report(nonce);
    closed.close();
    await assertPlatformRefused(pending, "REPORT_UNAVAILABLE", /given up/);
    await assertPlatformRefused(closed.report(nonce), "REPORT_UNAVAILABLE", /given up/);
    resolve();
    while (kernel.left.length > 0) await new Promise(setImmediate);
  });
});

test("the machine's own files are read to their end or to the limit, written once, and never made", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sealmesh-tsm-"));
  try {
    const path = join(folder, "attribute");
    await assert.rejects(machineTsmFiles.write(path, nonce), { code: "ENOENT" });
    await writeFile(path, new Uint8Array(100).fill(7));
    assert.equal(await machineTsmFiles.write(path, nonce), 64);
    // What lies behind the written bytes shows that the file was not cut short first.
    assert.deepEqual(await machineTsmFiles.read(path, 200), Uint8Array.from([...nonce, ...new Uint8Array(36).fill(7)]));
    assert.equal((await machineTsmFiles.read(path, 100)).length, 100);
    assert.equal((await machineTsmFiles.read(path, 50)).length, 51);
    await machineTsmFiles.mkdir(join(folder, "entry"));
    await machineTsmFiles.rmdir(join(folder, "entry"));
    assert.deepEqual(await readdir(folder), ["attribute"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a machine without configfs-tsm has no reports from there", async () => {
  const processor = openSecureProcessor({ kind: "configfs-tsm", root: join(tmpdir(), "sealmesh-no-such-tree") });
  await assertPlatformRefused(processor.report(nonce), "SOURCE_UNSUITABLE", /mkdir: ENOENT/, { errno: "ENOENT" });
});
