// The kernel's interface to the secure processor, Linux 6.7 and later: /sys/kernel/config/tsm/report (Documentation/ABI/testing/
// configfs-tsm-report). One folder is one request. The kernel keeps the report of a folder until something is written there, and nothing
// keeps a second process from writing: so each request has a folder of its own, and the number of writes is compared around each read.
//
// `service_provider` is never written. A report that an SVSM makes carries SHA-512 of the nonce and of its manifest (AMD 58019,
// attestation protocol), so that it binds no claims; without it the report is made at the guest's own level, or at `privlevel`.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { AttestationError, certificatesOfTable, type TableContents } from "#attestation";
import { createLifetime } from "./lifetime.ts";
import { mismatch, type PlatformCode, PlatformError, unavailable } from "./platform-error.ts";
import { copyReportData, reportOver } from "./report-data.ts";
import type { SecureProcessor, SecureProcessorReport } from "./secure-processor.ts";
import { machineTsmFiles, type TsmFiles } from "./tsm-files.ts";

/** Where the reports come from, and how. */
export interface ConfigfsTsmOptions {
  /** The folder in which entries are made. */
  readonly root: string;
  /**
   * The VMPL that the report is made at, 0 to 3; at least the guest's own. Without it the kernel asks at its default, which under a
   * paravisor or an SVSM is not the guest's: give it there.
   */
  readonly privlevel?: number | undefined;
  /** How long a report may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly files?: TsmFiles;
}

const ATTEMPTS = 5;
const REPORT_SIZE = 1184;
/** More than Linux passes on, and all that the table's parser takes. */
const MAX_TABLE_SIZE = 65_536;
const MAX_TEXT_SIZE = 64;

/** What the errors of the kernel mean here. */
const meanings: ReadonlyMap<string, readonly [PlatformCode, string]> = new Map([
  ["ENOENT", ["SOURCE_UNSUITABLE", "not there: configfs is not mounted, or the kernel does not have it"]],
  ["ENXIO", ["SOURCE_UNSUITABLE", "no provider of reports, or its firmware is out of order"]],
  ["EINVAL", ["SOURCE_UNSUITABLE", "the provider refuses what is asked"]],
  ["EFBIG", ["SOURCE_UNSUITABLE", "larger than the kernel passes on"]],
  ["EACCES", ["SOURCE_UNSUITABLE", "not allowed to this process"]],
  ["EPERM", ["SOURCE_UNSUITABLE", "not allowed to this process"]],
  ["EBUSY", ["REPORT_DISTURBED", "written too often without being read"]],
  ["EIO", ["REPORT_UNAVAILABLE", "the firmware failed"]],
]);

const failed = (step: string, cause: unknown): PlatformError => {
  const errno = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
  const [code, why] = meanings.get(errno) ?? ["REPORT_UNAVAILABLE", "the kernel failed"];
  return new PlatformError(code, `configfs-tsm: ${step}: ${errno}, ${why}`, { step, errno }, { cause });
};

const unsuitable = (why: string): PlatformError => new PlatformError("SOURCE_UNSUITABLE", `configfs-tsm: ${why}`);

/** One entry of the kernel's, for one request. */
interface Entry {
  /** An attribute as it is now; at most `limit` bytes and one. */
  read(attribute: string, limit: number): Promise<Uint8Array>;
  text(attribute: string): Promise<string>;
  write(attribute: string, bytes: Uint8Array): Promise<void>;
  /** An attribute that the writes of this process made, and nobody else's. Throws REPORT_DISTURBED. */
  readOwn(attribute: string, limit: number): Promise<Uint8Array>;
}

const openEntry = async (files: TsmFiles, path: string): Promise<Entry> => {
  const read = async (attribute: string, limit: number): Promise<Uint8Array> => {
    try {
      return await files.read(join(path, attribute), limit);
    } catch (cause) {
      throw failed(`read ${attribute}`, cause);
    }
  };
  const text = async (attribute: string): Promise<string> =>
    new TextDecoder().decode(await read(attribute, MAX_TEXT_SIZE)).trimEnd();
  const number = async (attribute: string): Promise<bigint> => {
    const digits = await text(attribute);
    if (!/^\d{1,20}$/.test(digits)) throw unavailable(`configfs-tsm: ${attribute} is no number`);
    return BigInt(digits);
  };
  // The kernel counts the writes to the entry, whosever they are.
  let writes = await number("generation");
  const requireUndisturbed = async (attribute: string): Promise<void> => {
    const seen = await number("generation");
    if (seen === writes) return;
    throw new PlatformError(
      "REPORT_DISTURBED",
      `configfs-tsm: generation is ${seen} around ${attribute}, want ${writes}: somebody else writes to the entry`,
      { step: `read ${attribute}` },
    );
  };
  return {
    read,
    text,
    async write(attribute, bytes) {
      let taken: number;
      try {
        taken = await files.write(join(path, attribute), bytes);
      } catch (cause) {
        throw failed(`write ${attribute}`, cause);
      }
      // A second write(2) would not be a second half, but another value.
      if (taken !== bytes.length)
        throw unavailable(`configfs-tsm: the kernel took ${taken} of ${bytes.length} bytes of ${attribute}`);
      writes += 1n;
    },
    async readOwn(attribute, limit) {
      await requireUndisturbed(attribute);
      const bytes = await read(attribute, limit);
      await requireUndisturbed(attribute);
      return bytes;
    },
  };
};

const askLevel = async (entry: Entry, privlevel: number): Promise<void> => {
  const floor = await entry.text("privlevel_floor");
  if (!/^[0-3]$/.test(floor) || privlevel < Number(floor) || privlevel > 3)
    throw unsuitable(`privlevel is ${privlevel}, want ${floor} to 3`);
  await entry.write("privlevel", new TextEncoder().encode(`${privlevel}`));
};

/** Not every provider has the attribute, and most hosts give no table. */
const readTable = async (entry: Entry): Promise<Uint8Array> => {
  try {
    return await entry.readOwn("auxblob", MAX_TABLE_SIZE);
  } catch (error) {
    if (error instanceof PlatformError && error.data["errno"] === "ENOENT") return new Uint8Array();
    throw error;
  }
};

const tableContents = (table: Uint8Array): TableContents => {
  try {
    return certificatesOfTable(table);
  } catch (cause) {
    if (!(cause instanceof AttestationError)) throw cause;
    throw new PlatformError("COLLATERAL_UNUSABLE", `configfs-tsm: ${cause.message}`, {}, { cause });
  }
};

const readReport = async (
  entry: Entry,
  inblob: Uint8Array,
  privlevel: number | undefined,
): Promise<SecureProcessorReport> => {
  if (privlevel !== undefined) await askLevel(entry, privlevel);
  await entry.write("inblob", inblob);
  const report = await entry.readOwn("outblob", REPORT_SIZE);
  const table = await readTable(entry);
  const provider = new TextDecoder().decode(await entry.readOwn("provider", MAX_TEXT_SIZE)).trimEnd();

  if (provider !== "sev_guest") throw unsuitable(`provider is ${JSON.stringify(provider)}, want "sev_guest"`);
  const { vmpl } = reportOver(inblob, report);
  if (privlevel !== undefined && vmpl !== privlevel) throw mismatch(`VMPL is ${vmpl}, want ${privlevel}`);
  const { certificates, crls } = tableContents(table);
  return {
    source: "configfs-tsm",
    report,
    certificates,
    ...(crls.length === 0 ? {} : { crls }),
    policyDocument: new Uint8Array(),
    measurementDocument: new Uint8Array(),
  };
};

/** Does one request in an entry that is removed whatever happens in it. */
const inNewEntry = async <T>(files: TsmFiles, root: string, work: (entry: Entry) => Promise<T>): Promise<T> => {
  const path = join(root, `sealmesh-${randomUUID()}`);
  try {
    await files.mkdir(path);
  } catch (cause) {
    throw failed("mkdir", cause);
  }
  let result: T;
  try {
    result = await work(await openEntry(files, path));
  } catch (error) {
    // The error above says more than one about the removal would.
    await files.rmdir(path).catch(() => undefined);
    throw error;
  }
  try {
    await files.rmdir(path);
  } catch (cause) {
    throw failed("rmdir", cause);
  }
  return result;
};

/**
 * Opens configfs-tsm. Every report comes from a new entry; an entry that somebody else wrote to is given up with all that was read
 * from it, a few times.
 */
export const createConfigfsTsm = ({
  root,
  privlevel,
  timeoutMs,
  files = machineTsmFiles,
}: ConfigfsTsmOptions): SecureProcessor => {
  const lifetime = createLifetime(timeoutMs);
  return {
    hardwareRoot: "amd",
    async report(reportData) {
      const inblob = copyReportData(reportData);
      return lifetime.request(async (signal) => {
        for (let attempt = 1; ; attempt += 1) {
          try {
            return await inNewEntry(files, root, (entry) => readReport(entry, inblob, privlevel));
          } catch (error) {
            const isDisturbed = error instanceof PlatformError && error.code === "REPORT_DISTURBED";
            if (!isDisturbed || attempt === ATTEMPTS || signal.aborted) throw error;
          }
        }
      });
    },
    close: () => lifetime.end(),
  };
};
