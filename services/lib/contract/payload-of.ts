import { fromBase64 } from "#sealing";
import type { Envelope } from "#sealing";
import { ContractError } from "./contract-error.ts";

const MAXIMUM_SIGNATURES = 64;

/**
 * The payload of an envelope of the given type, not verified: to find in it whose signatures to ask for.
 *
 * @throws ContractError STATEMENT_MALFORMED
 */
export function payloadOf(envelope: Envelope, payloadType: string): Uint8Array<ArrayBuffer> {
  if (envelope.payloadType !== payloadType) {
    const message = `payload type is ${envelope.payloadType}, want ${payloadType}`;
    throw new ContractError("STATEMENT_MALFORMED", message);
  }
  // Each signature costs a pass over the payload.
  if (envelope.signatures.length > MAXIMUM_SIGNATURES) {
    const message = `envelope has ${envelope.signatures.length} signatures, want ${MAXIMUM_SIGNATURES} at most`;
    throw new ContractError("STATEMENT_MALFORMED", message);
  }
  try {
    return fromBase64(envelope.payload);
  } catch (cause) {
    throw new ContractError("STATEMENT_MALFORMED", "payload is not base64", [], { cause });
  }
}
