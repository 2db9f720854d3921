// A failed call as a reader can use it.
import { AttestationError } from "#attestation";
import { ContractError } from "#contract";
import { SealingError } from "#sealing";
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema, PreconditionFailureSchema } from "#gen/google/rpc/error_details_pb.ts";

/** Why something did not work. */
export interface Failure {
  /** `disconnected`: nobody answered, so asking again may help. `refused`: somebody did. `unusable`: the answer is not one. */
  readonly kind: "disconnected" | "refused" | "unusable";
  /** The gRPC code in words; empty when there was no answer. */
  readonly code: string;
  /** `google.rpc.ErrorInfo.reason`, or the code of a verifier. */
  readonly reason: string;
  readonly message: string;
  /** Clauses that were not met, and what went with the reason. */
  readonly details: readonly string[];
}

const codeText = (code: Code): string =>
  (Code[code] ?? "Unknown").replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();

const ofCall = (error: ConnectError): Failure => {
  const [info] = error.findDetails(ErrorInfoSchema);
  const violations = error.findDetails(PreconditionFailureSchema).flatMap((failure) => failure.violations);
  const lost = info === undefined && (error.cause instanceof TypeError || error.code === Code.Unavailable);
  return {
    kind: lost ? "disconnected" : "refused",
    code: codeText(error.code),
    reason: info?.reason ?? "",
    message: error.rawMessage,
    details:
      violations.length > 0
        ? violations.map(({ type, description }) => `${type}: ${description}`)
        : Object.entries(info?.metadata ?? {}).map(([name, value]) => `${name}: ${value}`),
  };
};

/** Whether a caller ended the call itself. */
export const isAbort = (error: unknown): boolean =>
  (error instanceof DOMException && error.name === "AbortError") ||
  (error instanceof ConnectError && error.code === Code.Canceled && error.findDetails(ErrorInfoSchema).length === 0);

/** What to tell about an error, whatever it is. */
export const toFailure = (error: unknown): Failure => {
  if (error instanceof ConnectError) return ofCall(error);
  if (error instanceof TypeError && error.stack?.includes("fetch") === true) {
    return { kind: "disconnected", code: "", reason: "", message: error.message, details: [] };
  }
  const reason =
    error instanceof AttestationError || error instanceof ContractError || error instanceof SealingError
      ? error.code
      : "";
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "unusable", code: "", reason, message, details: [] };
};
