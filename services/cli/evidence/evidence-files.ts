// What `--report`, `--certs` and `--crl` name: files as people have them, in any of the forms that hosts and clouds hand out.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { collateralFrom, parseCrl } from "#attestation";
import { CliError } from "../cli-error.ts";
import { readBytes } from "../files.ts";

/** Larger than any report, certificate table or endorsement. */
const MAX_FILE_SIZE = 1_048_576;
const REPORT_SIZE = 1184;

/** Certificates and CRLs from files and folders, DER, and what was passed over. */
export interface CollateralFiles {
  readonly certificates: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
  /** File and reason. */
  readonly ignored: readonly string[];
}

const read = (file: string): Uint8Array => {
  const bytes = readBytes(file);
  if (bytes.length > MAX_FILE_SIZE)
    throw new CliError("FILE_MALFORMED", `${file} is ${bytes.length} bytes, want at most ${MAX_FILE_SIZE}`, { file });
  return bytes;
};

const isFolder = (path: string): boolean => {
  try {
    return statSync(path).isDirectory();
  } catch (cause) {
    throw new CliError("FILE_UNUSABLE", `cannot read ${path}`, { file: path }, { cause });
  }
};

const filesOf = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => join(folder, name))
    .toSorted();

/**
 * Reads a report: exactly 1184 bytes, or there is nothing to judge.
 *
 * @throws {CliError} FILE_UNUSABLE, FILE_MALFORMED
 */
export const readReport = (file: string): Uint8Array => {
  const report = read(file);
  if (report.length !== REPORT_SIZE) {
    const size = report.length;
    throw new CliError("FILE_MALFORMED", `${file} is ${size} bytes, want the ${REPORT_SIZE} of a report`, {
      file,
      size,
    });
  }
  return report;
};

/**
 * Reads certificates, certificate tables and CRLs. A file that is named must hold some; of a folder, the others are passed over by name.
 *
 * @throws {CliError} FILE_UNUSABLE, FILE_MALFORMED
 * @throws {AttestationError} CERTIFICATE_MALFORMED, CERTIFICATE_TABLE_MALFORMED
 */
export const readCollateral = (
  paths: readonly string[],
  { mayBeEmpty }: { readonly mayBeEmpty: boolean },
): CollateralFiles => {
  const certificates: Uint8Array[] = [];
  const crls: Uint8Array[] = [];
  const ignored: string[] = [];
  for (const path of paths) {
    const inFolder = isFolder(path);
    for (const file of inFolder ? filesOf(path) : [path]) {
      const found = collateralFrom(read(file));
      if (found === null) {
        if (!inFolder) throw new CliError("FILE_MALFORMED", `${file} holds no certificate`, { file });
        ignored.push(`${file}: holds no certificate`);
        continue;
      }
      certificates.push(...found.certificates);
      crls.push(...found.crls);
      ignored.push(...found.ignored.map((why) => `${file}: ${why}`));
    }
  }
  if (certificates.length === 0 && !mayBeEmpty)
    throw new CliError("FILE_MALFORMED", `no certificate in ${paths.join(", ")}`, { files: paths });
  return { certificates, crls, ignored };
};

/**
 * Reads one DER CRL.
 *
 * @throws {CliError} FILE_UNUSABLE, FILE_MALFORMED
 * @throws {AttestationError} CRL_MALFORMED
 */
export const readCrl = (file: string): Uint8Array => parseCrl(read(file)).der;
