// Signed statements between their JSON form, which files hold, and their message, which the wire carries. The bytes that are
// signed are the same in both.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { SignedStatementSchema, type SignedStatement } from "#gen/sealmesh/contract/v1alpha1/contract_pb.ts";
import { fromBase64, toBase64, type Envelope } from "#sealing";

/** The message of an envelope. */
export const toStatementMessage = ({ payloadType, payload, signatures }: Envelope): SignedStatement =>
  create(SignedStatementSchema, {
    payloadType,
    payload: fromBase64(payload),
    signatures: signatures.map(({ keyid, sig }) => ({ keyId: keyid, signature: fromBase64(sig) })),
  });

/** The envelope of a message; an absent one is empty, and is refused by whoever parses it. */
export const toEnvelope = (message: MessageInitShape<typeof SignedStatementSchema> | undefined): Envelope => ({
  payloadType: message?.payloadType ?? "",
  payload: toBase64(message?.payload ?? new Uint8Array()),
  signatures: (message?.signatures ?? []).map(({ keyId, signature }) => ({
    keyid: keyId ?? "",
    sig: toBase64(signature ?? new Uint8Array()),
  })),
});
