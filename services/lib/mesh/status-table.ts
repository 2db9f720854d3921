// Domain errors are plain classes that know nothing of gRPC. A service says once, per class, which canonical code each of
// its codes is; the table is total, so that a new code without a row does not compile.
import { Code, ConnectError } from "@connectrpc/connect";
import { reasonOf } from "./reason.ts";
import { MESH_DOMAIN, meshError, RpcError, type ErrorDetail } from "./rpc-error.ts";

/** A domain error, by its shape: a closed union of codes, and data that is no secret. */
export interface DomainError extends Error {
  readonly code: string;
  readonly data: object;
}

/** Maps the errors of one class; `undefined` for any other value. */
export type StatusTable = (error: unknown) => RpcError | undefined;

const asText = (value: unknown): string => {
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "object" && value !== null)
    return JSON.stringify(value, (_, inner: unknown) =>
      typeof inner === "bigint" || inner instanceof Uint8Array ? asText(inner) : inner,
    );
  return String(value);
};

/** Every member of a domain error's data as text: bytes in hex, structures as JSON, absent ones left out. */
export const toMetadata = (data: object): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(data)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, asText(value)]),
  );

/**
 * Makes the mapping of one class of domain errors.
 *
 * @param table canonical code of every code of the class
 * @param domain `<area>.sealmesh`
 * @param options.details what goes beside the reason: PreconditionFailure for failed rules, BadRequest for fields
 */
export const statusTable = <E extends DomainError>(
  errorClass: new (...args: never[]) => E,
  table: Readonly<Record<E["code"], Code>>,
  domain: string,
  options: { readonly details?: (error: E) => readonly ErrorDetail[] } = {},
): StatusTable => {
  const codes = new Map<string, Code>(Object.entries<Code>(table));
  return (error) => {
    if (!(error instanceof errorClass)) return undefined;
    const status = codes.get(error.code);
    // Unreachable through the types: a code from outside the union is our bug, like any other unknown error.
    if (status === undefined) return undefined;
    return new RpcError({
      status,
      reason: error.code,
      message: error.message,
      domain,
      metadata: toMetadata(error.data),
      details: options.details?.(error) ?? [],
      cause: error.cause,
    });
  };
};

/** The one failure of a peer that is passed on as it is: the caller learns which party could not be reached. */
const unreachablePeer = (error: unknown): RpcError | undefined => {
  if (!(error instanceof ConnectError)) return undefined;
  // Whoever called us waits for us: that a peer let our own deadline pass is the peer's being away.
  if (error.code !== Code.Unavailable && error.code !== Code.DeadlineExceeded) return undefined;
  const found = reasonOf(error);
  if (found?.reason !== "PEER_UNREACHABLE" || found.domain !== MESH_DOMAIN) return undefined;
  return meshError("PEER_UNREACHABLE", Code.Unavailable, error.rawMessage, { metadata: found.metadata, cause: error });
};

/**
 * Maps whatever a handler threw to what goes over the wire. What no table knows becomes INTERNAL with the text
 * "internal error"; its cause is for the log only.
 */
export const mapError = (error: unknown, tables: readonly StatusTable[]): RpcError => {
  if (error instanceof RpcError) return error;
  for (const table of tables) {
    const mapped = table(error);
    if (mapped !== undefined) return mapped;
  }
  return unreachablePeer(error) ?? meshError("INTERNAL", Code.Internal, "internal error", { cause: error });
};
