// How a command reaches a service: `--at`, `--ca`, `--tls`.
import { existsSync } from "node:fs";
import { Option, type Command } from "commander";
import { connectMesh, detailsOf, reasonOf, type MeshConnection } from "#mesh";
import { PreconditionFailureSchema } from "#gen/google/rpc/error_details_pb.ts";
import { CliError } from "../cli-error.ts";
import { readText } from "../files.ts";

const DEFAULT_CA = ".sealmesh/ca.pem";

/** The options that say where a service is. */
export interface ReachOptions {
  readonly at: string;
  readonly ca?: string;
  readonly tls: "on" | "off";
}

/** Where the services of the local mesh listen that a command is about when nothing else is said. */
export const defaultPlaces = { analytics: "localhost:7443", snooper: "localhost:7448" } as const;

/** Adds the options to a command. */
export const withReach = (command: Command, place?: keyof typeof defaultPlaces): Command =>
  (place === undefined
    ? command.requiredOption("--at <host:port>", "where the service listens, such as localhost:7445")
    : command.option("--at <host:port>", "where the service listens", defaultPlaces[place])
  )
    .option("--ca <file>", `the CA's certificate (default: ${DEFAULT_CA})`)
    .addOption(new Option("--tls <word>", "`off` for a mesh that was started so").choices(["on", "off"]).default("on"));

/** Runs calls against a service. */
export const reach = async <T>(options: ReachOptions, use: (connection: MeshConnection) => Promise<T>): Promise<T> => {
  const [host, port, ...rest] = options.at.split(":");
  if (host === undefined || port === undefined || rest.length > 0 || !/^\d{1,5}$/.test(port)) {
    throw new CliError("ARGUMENT_INVALID", `--at wants host:port, found ${options.at}`, { at: options.at });
  }
  const file = options.ca ?? DEFAULT_CA;
  if (options.tls === "on" && !existsSync(file))
    throw new CliError("FILE_UNUSABLE", `no CA certificate ${file}: name it with --ca`, { file });
  const tls = options.tls === "off" ? { off: "asked for with --tls off" } : { ca: readText(file) };
  const connection = connectMesh({ address: options.at, serverName: host, label: options.at, tls });
  try {
    return await use(connection);
  } catch (error) {
    throw callFailure(error);
  } finally {
    connection.close();
  }
};

/** A refused or failed call, in words and with its reason; other errors stay as they are. */
export const callFailure = (error: unknown): unknown => {
  const reason = reasonOf(error);
  if (reason === undefined || !(error instanceof Error)) return error;
  const violations = detailsOf(error, PreconditionFailureSchema).flatMap((failure) => failure.violations);
  const clauses = violations.map(({ type, description }) => `\n  ${type}: ${description}`).join("");
  const text = "rawMessage" in error ? String(error.rawMessage) : error.message;
  return new CliError("CALL_FAILED", `${reason.reason}: ${text}${clauses}`, {
    reason: reason.reason,
    metadata: reason.metadata,
    clauses: violations.map(({ type, description }) => ({ clause: type, description })),
  });
};
