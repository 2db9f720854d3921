// `sealmesh key` and `sealmesh class-keys`: the keys of an owner and of its broker.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { classesOf, toBase64 } from "#sealing";
import { createClassKeys, createSigningKey, openSigner } from "#sealing-node";
import { CliError } from "../cli-error.ts";
import { writeWhole } from "../files.ts";
import { readSchema } from "./schema-file.ts";

const addKey = (program: Command): void => {
  const key = program.command("key").summary("make and show signing keys");
  key
    .command("create")
    .argument("<file>", "where the private key goes: PKCS#8 PEM, readable by you only")
    .summary("make an Ed25519 signing key")
    .addHelpText("after", "\nExample: sealmesh key create owners/contoso/owner.key.pem")
    .action((file: string) => {
      if (existsSync(file))
        throw new CliError("FILE_EXISTS", `${file} is there already: a key is never replaced`, { file });
      process.stdout.write(`${JSON.stringify({ key: createSigningKey(file).keyId })}\n`);
    });
  key
    .command("show")
    .argument("<file>", "a private key")
    .summary("print the public key of a private key file")
    .action((file: string) => {
      process.stdout.write(`${JSON.stringify({ key: openSigner(file).keyId })}\n`);
    });
};

/** Adds `sealmesh key` and `sealmesh class-keys`. */
export const addKeyCommands = (program: Command, wholeNumber: (text: string) => number): void => {
  addKey(program);
  program
    .command("class-keys")
    .summary("make the class keys of a dataset version")
    .description(
      "Makes an RSA-3072 key pair for each column class of a dataset version. The private halves stay in the broker's folder,\n" +
        "encrypted; the public halves, which is all that sealing needs, are written to a file.",
    )
    .argument("<dataset>", "such as contoso/employees")
    .requiredOption("--dataset-version <n>", "the version to be sealed", wholeNumber)
    .requiredOption("--schema <file>", "the schema whose classes need keys")
    .requiredOption("--broker-home <folder>", "the broker's own folder")
    .requiredOption("--out <file>", "the file for the public halves")
    .addHelpText(
      "after",
      "\nExample: sealmesh class-keys contoso/employees --dataset-version 1 --schema employees.schema.yaml --broker-home broker/ --out class-keys.json",
    )
    .action(
      async (dataset: string, options: { datasetVersion: number; schema: string; brokerHome: string; out: string }) => {
        const keys = await createClassKeys(join(options.brokerHome, "keys"), {
          dataset,
          version: options.datasetVersion,
          classes: classesOf(readSchema(options.schema).columns),
        });
        const document = keys.map(({ masterKeyId, spki }) => ({ master_key_id: masterKeyId, spki: toBase64(spki) }));
        writeWhole(options.out, `${JSON.stringify(document, null, 1)}\n`);
      },
    );
};
