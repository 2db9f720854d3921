// The kernel's configfs-tsm for the tests, as Linux 6.7 and later do it: attributes appear with the entry, every write counts, a report
// is made at the first read behind a write and kept until the next, and each provider shows its own attributes.
import { basename, dirname } from "node:path";
import type { SecureProcessor } from "#platform";
import { createConfigfsTsm } from "../../../services/lib/platform/configfs-tsm.ts";
import type { TsmFiles } from "../../../services/lib/platform/tsm-files.ts";
import { unsignedReport } from "./unsigned-report.ts";

/** The folder in which this kernel lets entries be made. */
export const TSM_ROOT = "/sys/kernel/config/tsm/report";

/** One operation of a process on the tree. */
export interface TsmOperation {
  readonly kind: "mkdir" | "rmdir" | "read" | "write";
  readonly path: string;
  /** Last part of the path. */
  readonly name: string;
}

/** How this machine is. */
export interface FakeTsmOptions {
  readonly provider?: string | null;
  readonly isMounted?: boolean;
  /** The VMPL of the guest. */
  readonly floor?: number;
  /** The certificate table; `null` when the provider has no such attribute. */
  readonly table?: Uint8Array | null;
  /** Makes the report; by default one over the inblob at the level asked for. */
  readonly firmware?: (inblob: Uint8Array, vmpl: number) => Uint8Array;
  /** Happens just before an operation; may throw, or write as somebody else. */
  readonly before?: (operation: TsmOperation, kernel: FakeTsm) => void;
}

/** The tree, as two processes can see it. */
export interface FakeTsm extends TsmFiles {
  readonly operations: readonly TsmOperation[];
  /** Entries that are there now. */
  readonly left: readonly string[];
  /** A write by another process than the one under test. */
  disturb(path: string, attribute: string, bytes: Uint8Array): void;
}

interface State {
  writes: bigint;
  /** The count of writes that the kept report was made at. */
  reads: bigint;
  inblob: Uint8Array;
  privlevel: number;
  kept: Uint8Array | undefined;
}

/** An error as node:fs makes it. */
export const systemError = (code: string): Error => Object.assign(new Error(`${code}: fake kernel`), { code });

const wrap = (count: bigint): bigint => BigInt.asUintN(64, count);

/** Makes the tree of one machine. */
export const createFakeTsm = (options: FakeTsmOptions = {}): FakeTsm => {
  const { provider = "sev_guest", isMounted = true, floor = 0, table = new Uint8Array() } = options;
  const { firmware = (inblob, vmpl) => unsignedReport(inblob, { vmpl }) } = options;
  const entries = new Map<string, State>();
  const operations: TsmOperation[] = [];

  const stateOf = (path: string): State => {
    const state = entries.get(path);
    if (state === undefined) throw systemError("ENOENT");
    return state;
  };
  const advance = (state: State): void => {
    if (state.writes === wrap(state.reads - 1n)) throw systemError("EBUSY");
    state.writes = wrap(state.writes + 1n);
  };
  const store = (path: string, attribute: string, bytes: Uint8Array): number => {
    const state = stateOf(path);
    if (attribute === "inblob") {
      if (bytes.length > 64) throw systemError("EFBIG");
      advance(state);
      state.inblob = Uint8Array.from(bytes);
    } else if (attribute === "privlevel" && provider === "sev_guest") {
      const level = Number(new TextDecoder().decode(bytes));
      if (!(level >= floor && level <= 3)) throw systemError("EINVAL");
      advance(state);
      state.privlevel = level;
    } else throw systemError(attribute === "privlevel" ? "ENOENT" : "EACCES");
    return bytes.length;
  };
  const make = (state: State): Uint8Array => {
    if (state.inblob.length === 0) throw systemError("EINVAL");
    if (state.kept === undefined || state.reads !== state.writes) {
      if (state.inblob.length !== 64) throw systemError("EINVAL");
      state.kept = firmware(state.inblob, state.privlevel);
      state.reads = state.writes;
    }
    return state.kept;
  };
  const show = (path: string, attribute: string): Uint8Array => {
    const state = stateOf(path);
    const text = (value: unknown) => new TextEncoder().encode(`${String(value)}\n`);
    switch (attribute) {
      case "generation":
        return text(state.writes);
      case "provider":
        return text(provider);
      case "privlevel_floor":
        if (provider !== "sev_guest") throw systemError("ENOENT");
        return text(floor);
      case "outblob":
        return make(state);
      case "auxblob":
        if (table === null) throw systemError("ENOENT");
        make(state);
        return table;
      default:
        throw systemError("EACCES");
    }
  };
  const begin = (kind: TsmOperation["kind"], path: string): TsmOperation => {
    const operation = { kind, path, name: basename(path) };
    operations.push(operation);
    options.before?.(operation, kernel);
    return operation;
  };

  const kernel: FakeTsm = {
    operations,
    get left() {
      return [...entries.keys()];
    },
    disturb: store,
    async mkdir(path) {
      begin("mkdir", path);
      if (!isMounted || dirname(path) !== TSM_ROOT) throw systemError("ENOENT");
      if (provider === null) throw systemError("ENXIO");
      if (entries.has(path)) throw systemError("EEXIST");
      entries.set(path, { writes: 0n, reads: 0n, inblob: new Uint8Array(), privlevel: 0, kept: undefined });
    },
    async rmdir(path) {
      begin("rmdir", path);
      if (!entries.delete(path)) throw systemError("ENOENT");
    },
    async read(path, limit) {
      const { name } = begin("read", path);
      return show(dirname(path), name).subarray(0, limit + 1);
    },
    async write(path, bytes) {
      const { name } = begin("write", path);
      return store(dirname(path), name, bytes);
    },
  };
  return kernel;
};

/** The source under test on this machine. */
export const openFakeTsm = (kernel: FakeTsm, privlevel?: number): SecureProcessor =>
  createConfigfsTsm({ root: TSM_ROOT, privlevel, timeoutMs: 2_000, files: kernel });
