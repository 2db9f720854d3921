// `sealmesh manifest sign`: the owner's act that makes sealed files a dataset version.
import { join } from "node:path";
import type { Command } from "commander";
import { encodeManifest, manifestDigest, MANIFEST_TYPE, parseManifest, signEnvelope, verifyPart } from "#sealing";
import { openSigner } from "#sealing-node";
import { readBytes, writeWhole } from "../files.ts";

/** Adds `sealmesh manifest`. */
export const addManifestCommand = (program: Command): void => {
  program
    .command("manifest")
    .summary("sign the manifest of a sealed dataset version")
    .command("sign")
    .argument("<folder>", "what `sealmesh seal` wrote")
    .description("Checks every part against the manifest, signs the manifest, and gives the broker a copy.")
    .requiredOption("--key <file>", "the owner's signing key")
    .requiredOption("--broker-home <folder>", "the folder of the owner's broker, which must know the manifest")
    .addHelpText("after", "\nExample: sealmesh manifest sign sealed/ --key owner.key.pem --broker-home broker/")
    .action(async (folder: string, options: { key: string; brokerHome: string }) => {
      const manifest = parseManifest(readBytes(join(folder, "manifest.unsigned.json")));
      for (const entry of manifest.parts)
        await verifyPart(readBytes(join(folder, `part-${entry.part}.parquet`)), entry);
      const payload = encodeManifest(manifest);
      const digest = await manifestDigest(payload);
      const statement = JSON.stringify(await signEnvelope(MANIFEST_TYPE, payload, openSigner(options.key)));
      writeWhole(join(options.brokerHome, "manifests", `${digest.replace(":", "-")}.json`), `${statement}\n`);
      writeWhole(join(folder, "manifest.json"), `${statement}\n`);
      process.stdout.write(
        `${JSON.stringify({ dataset: manifest.dataset, version: manifest.version, manifest: digest })}\n`,
      );
    });
};
