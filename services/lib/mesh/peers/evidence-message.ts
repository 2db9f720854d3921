// Evidence between the verifier's plain form and its message.
import { create } from "@bufbuild/protobuf";
import { AttestationError, type Evidence } from "#attestation";
import {
  EvidenceSchema,
  EvidenceSource as SourceMessage,
  type Evidence as EvidenceMessage,
} from "#gen/sealmesh/attestation/v1alpha1/attestation_pb.ts";
import type { EvidenceSource } from "#platform";

const MOST_CERTIFICATES = 8;
const MOST_CERTIFICATE_BYTES = 8_192;
const MOST_CRLS = 4;
const MOST_CRL_BYTES = 65_535;

const sources: Readonly<Record<EvidenceSource, SourceMessage>> = {
  simulated: SourceMessage.SIMULATED,
  "configfs-tsm": SourceMessage.CONFIGFS_TSM,
  "skr-sidecar": SourceMessage.SKR_SIDECAR,
};

/** The message of evidence, with its source where that is known. */
export const toEvidenceMessage = ({
  report,
  certificates,
  crls = [],
  uvmEndorsement,
  source,
  runtimeClaims,
}: Evidence & { readonly source?: EvidenceSource }): EvidenceMessage =>
  create(EvidenceSchema, {
    technology: {
      case: "sevSnp",
      value: {
        report,
        certificates: [...certificates],
        crls: [...crls],
        ...(uvmEndorsement === undefined ? {} : { uvmEndorsement }),
        ...(source === undefined ? {} : { source: sources[source] }),
      },
    },
    runtimeClaims,
  });

/**
 * The evidence in a message; sizes of what is in it are for the verifier to judge, how much there is, is judged here.
 *
 * @throws {AttestationError} EVIDENCE_MISSING when there is none, CERTIFICATE_MALFORMED or CRL_MALFORMED when there is too much
 */
export const toEvidence = (message: EvidenceMessage | undefined): Evidence => {
  if (message?.technology.case !== "sevSnp") {
    throw new AttestationError("EVIDENCE_MISSING", "there is no evidence of a technology that is known here", {
      field: "technology",
    });
  }
  const { report, certificates, crls, uvmEndorsement } = message.technology.value;
  if (certificates.length > MOST_CERTIFICATES || certificates.some(({ length }) => length > MOST_CERTIFICATE_BYTES)) {
    throw new AttestationError(
      "CERTIFICATE_MALFORMED",
      `evidence carries ${certificates.length} certificates or one that is too long`,
      {
        field: "certificates",
      },
    );
  }
  if (crls.length > MOST_CRLS || crls.some(({ length }) => length > MOST_CRL_BYTES)) {
    throw new AttestationError("CRL_MALFORMED", `evidence carries ${crls.length} CRLs or one that is too long`, {
      field: "crls",
    });
  }
  const { runtimeClaims } = message;
  return { report, certificates, crls, runtimeClaims, ...(uvmEndorsement.length === 0 ? {} : { uvmEndorsement }) };
};
