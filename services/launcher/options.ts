// The words of `npm start`.
import { parseArgs } from "node:util";
import {
  type ChipName,
  chipNames,
  type ReportVersion,
  reportVersions,
  type SigningKey,
  signingKeys,
} from "./host/simulated-chip.ts";
import { LaunchError } from "./launch-error.ts";

/** What the person who starts the mesh asked for. */
export interface LaunchOptions {
  readonly topology: string;
  readonly state: string;
  /** Run the main job, then stop. */
  readonly once: boolean;
  /** One JSON object per line on stdout. */
  readonly json: boolean;
  /** `contoso/employees` to a CSV file: new data to seal before the start. */
  readonly data: ReadonlyMap<string, string>;
  readonly minimumGroup?: number;
  readonly extremes?: "exact";
  /** What every port but the page's is moved by. */
  readonly meshShift: number;
  readonly pagePort?: number;
  /** `off` strips TLS from every hop, to show that secrecy does not rest on it. */
  readonly tls: "on" | "off";
  /** Sends every hop through a proxy that is already running: from the service's port to the proxy's. */
  readonly via: ReadonlyMap<string, number>;
  /** What the simulated machine is: chosen at a first start, and the same ever after. */
  readonly chip?: ChipName;
  readonly reportVersion?: ReportVersion;
  readonly signer?: SigningKey;
  /** Where AMD's key distribution service is simulated; nowhere unless given. */
  readonly kdsPort?: number;
  readonly help: boolean;
}

/** The port of the first service, from which `--mesh-port` counts. */
const FIRST_MESH_PORT = 7443;

export const usage = `npm start -- [options]

  --once                     run the main job, print its result and every attack's denial, then stop
  --json                     one JSON object per line on stdout, the result last
  --topology NAME|FILE       advanced (default), demo, or a topology file
  --data DATASET=FILE.csv    seal this file as the next version of the dataset first; may be repeated
  --minimum-group N          what the new version of the contract says about the least group (with --data or a first start)
  --extremes exact           let the new version of the contract show one person's exact extremes
  --state FOLDER             where everything is kept (default .sealmesh)
  --page-port N              the page's port (default 8080)
  --mesh-port N              the first port of the mesh (default 7443)
  --tls off                  strip TLS from every hop: the secrecy of data and keys does not rest on it
  --via SERVICE=PORT         send what goes to a service through a proxy on that port; may be repeated
  --chip NAME                what the simulated machine is, at a first start: milan (default), genoa, bergamo or turin
  --report-version N         which attestation report its firmware writes, at a first start: 3 or 5 (default: as the chip in the
                             field); 2 signs no CPU, for which a contract's TCB floors are, and is refused
  --signer vcek|vlek         which key signs reports, at a first start: the chip's (default) or the cloud provider's
  --kds-port N               simulate AMD's key distribution service there, for: sealmesh verify evidence --kds-url

Example: npm start -- --once --data contoso/employees=mine.csv --data fabrikam/customers=theirs.csv --minimum-group 5
`;

const invalid = (option: string, wanted: string): LaunchError =>
  new LaunchError("OPTION_INVALID", `--${option} wants ${wanted}`, { option });

const wholeNumber = (option: string, text: string | undefined, least: number, most: number): number | undefined => {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw invalid(option, `a whole number from ${least} to ${most}`);
  return value;
};

const pairs = (option: string, values: readonly string[], key: RegExp): ReadonlyMap<string, string> => {
  const map = new Map<string, string>();
  for (const value of values) {
    const at = value.indexOf("=");
    const name = value.slice(0, at);
    if (at < 1 || at === value.length - 1 || !key.test(name)) throw invalid(option, "NAME=VALUE");
    if (map.has(name)) throw invalid(option, `each name once, ${name} came twice`);
    map.set(name, value.slice(at + 1));
  }
  return map;
};

const oneOf = <T extends string>(option: string, text: string, words: readonly T[]): T => {
  const word = words.find((candidate) => candidate === text);
  if (word === undefined) throw invalid(option, words.join(" or "));
  return word;
};

const reportVersionOf = (text: string): ReportVersion => {
  const version = reportVersions.find((candidate) => `${candidate}` === text);
  if (version === undefined) throw invalid("report-version", reportVersions.join(" or "));
  if (version === 2) {
    throw invalid(
      "report-version",
      "3 or 5: a version 2 report does not sign its CPU, and a contract's TCB floors are for CPU models, so that every workload would be refused with TCB_FLOOR_MISSING",
    );
  }
  return version;
};

const parsed = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        once: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        topology: { type: "string", default: "advanced" },
        state: { type: "string", default: ".sealmesh" },
        data: { type: "string", multiple: true, default: [] },
        "minimum-group": { type: "string" },
        extremes: { type: "string" },
        "page-port": { type: "string" },
        "mesh-port": { type: "string" },
        tls: { type: "string", default: "on" },
        via: { type: "string", multiple: true, default: [] },
        chip: { type: "string" },
        "report-version": { type: "string" },
        signer: { type: "string" },
        "kds-port": { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (cause) {
    throw new LaunchError("OPTION_INVALID", cause instanceof Error ? cause.message : "unknown option", {}, { cause });
  }
};

/**
 * Parses the command line.
 *
 * @throws {LaunchError} OPTION_INVALID
 */
export const parseOptions = (args: readonly string[]): LaunchOptions => {
  const values = parsed(args);
  const minimumGroup = wholeNumber("minimum-group", values["minimum-group"], 1, 1_000_000);
  const pagePort = wholeNumber("page-port", values["page-port"], 1, 65_535);
  const meshPort = wholeNumber("mesh-port", values["mesh-port"], 1, 65_000);
  const kdsPort = wholeNumber("kds-port", values["kds-port"], 1, 65_535);
  const { chip, signer, "report-version": version } = values;
  const via = [...pairs("via", values.via, /^[a-z0-9-]+(\/[a-z0-9-]+)?$/)];
  return {
    topology: values.topology,
    state: values.state,
    once: values.once,
    json: values.json,
    data: pairs("data", values.data, /^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/),
    meshShift: (meshPort ?? FIRST_MESH_PORT) - FIRST_MESH_PORT,
    tls: oneOf("tls", values.tls, ["on", "off"]),
    via: new Map(via.map(([service, text]) => [service, wholeNumber("via", text, 1, 65_535) ?? 0])),
    help: values.help,
    ...(minimumGroup === undefined ? {} : { minimumGroup }),
    ...(pagePort === undefined ? {} : { pagePort }),
    ...(kdsPort === undefined ? {} : { kdsPort }),
    ...(chip === undefined ? {} : { chip: oneOf("chip", chip, chipNames) }),
    ...(version === undefined ? {} : { reportVersion: reportVersionOf(version) }),
    ...(signer === undefined ? {} : { signer: oneOf("signer", signer, signingKeys) }),
    ...(values.extremes === undefined ? {} : { extremes: oneOf("extremes", values.extremes, ["exact"]) }),
  };
};
