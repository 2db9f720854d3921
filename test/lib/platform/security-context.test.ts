import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { readSecurityContext } from "../../../services/lib/platform/security-context.ts";
import { assertPlatformRefused } from "./platform-refusal.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sealmesh-uvm-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Puts files that hold this text, in base64, into a folder below the root. */
const put = (folder: string, text: string, files = ["host-amd-cert", "reference-info", "security-policy"]): string => {
  const path = join(root, folder);
  mkdirSync(path, { recursive: true });
  for (const file of files) writeFileSync(join(path, `${file}-base64`), base64(text));
  return path;
};

/** What the files hold, as text. */
const found = async (environment: Readonly<Record<string, string>> = {}) => {
  const context = await readSecurityContext({ root, environment });
  const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();
  return [text(context.hostAmdCert), text(context.referenceInfo), text(context.securityPolicy)];
};

const AKS = "opt/confidential-containers/share/kata-containers";

describe("the security context", () => {
  test("is in the folder that the environment names, before all others", async () => {
    put("security-context-1", "first");
    put(AKS, "aks");
    const named = put("elsewhere", "named");
    assert.deepEqual(await found({ UVM_SECURITY_CONTEXT_DIR: named }), ["named", "named", "named"]);
  });

  test("else in the first folder of its name below the root", async () => {
    put("security-context-2", "second");
    put("security-context-1", "first");
    put("insecurity-context-0", "other");
    put(AKS, "aks");
    assert.deepEqual(await found({ UVM_SECURITY_CONTEXT_DIR: "" }), ["first", "first", "first"]);
  });

  test("else where AKS has it", async () => {
    put(AKS, "aks");
    assert.deepEqual(await found({ UVM_SECURITY_POLICY: base64("older") }), ["aks", "aks", "aks"]);
  });

  test("else in the variables of older deployments", async () => {
    const environment = {
      UVM_HOST_AMD_CERTIFICATE: base64("certificate"),
      UVM_REFERENCE_INFO: base64("endorsement"),
      UVM_SECURITY_POLICY: base64("policy"),
    };
    assert.deepEqual(await found(environment), ["certificate", "endorsement", "policy"]);
  });

  test("is not made up for from another place when its folder lacks a file", async () => {
    put("security-context-1", "first", ["security-policy"]);
    put(AKS, "aks");
    assert.deepEqual(await found({ UVM_REFERENCE_INFO: base64("older") }), [undefined, undefined, "first"]);
  });

  test("is missed when there is none, or nothing in it", async () => {
    const missed = async (environment: Readonly<Record<string, string>>, message: RegExp) =>
      assertPlatformRefused(readSecurityContext({ root, environment }), "COLLATERAL_UNUSABLE", message);
    await missed({}, /nothing is in the environment/);
    await missed({ UVM_SECURITY_CONTEXT_DIR: join(root, "gone") }, /nothing is in .*gone/);
    put("security-context-1", "", []);
    await missed({ UVM_SECURITY_POLICY: base64("older") }, /nothing is in .*security-context-1/);
  });

  test("is of Azure's policy bytes exactly: a new line more is another policy", async () => {
    put("security-context-1", "package policy\n", ["security-policy"]);
    assert.equal((await found())[2], "package policy\n");
  });

  for (const [what, text] of Object.entries({
    "another alphabet": "-_-_",
    "a new line": `${base64("policy")}\n`,
    "no padding": "UQ",
    "left-over bits": "QUJ=",
    nothing: "",
  })) {
    test(`with ${what} in a file is refused`, async () => {
      const folder = put("security-context-1", "first");
      writeFileSync(join(folder, "security-policy-base64"), text);
      await assertPlatformRefused(
        readSecurityContext({ root, environment: {} }),
        "COLLATERAL_UNUSABLE",
        /security-policy-base64 is not base64/,
      );
    });
  }

  test("that is larger than anything real is refused", async () => {
    const folder = put("security-context-1", "first");
    writeFileSync(join(folder, "reference-info-base64"), Buffer.alloc(2 * 1024 * 1024 + 4, "A"));
    await assertPlatformRefused(
      readSecurityContext({ root, environment: {} }),
      "COLLATERAL_UNUSABLE",
      /reference-info-base64 is more than 2097152 bytes/,
    );
    await assertPlatformRefused(
      readSecurityContext({ root: folder, environment: { UVM_SECURITY_POLICY: "A".repeat(2 * 1024 * 1024 + 4) } }),
      "COLLATERAL_UNUSABLE",
      /UVM_SECURITY_POLICY is more than 2097152 bytes/,
    );
  });

  test("whose file is a folder is refused", async () => {
    const folder = put("security-context-1", "first", ["security-policy"]);
    mkdirSync(join(folder, "host-amd-cert-base64"));
    await assertPlatformRefused(
      readSecurityContext({ root, environment: {} }),
      "COLLATERAL_UNUSABLE",
      /host-amd-cert-base64 cannot be read/,
    );
  });
});
