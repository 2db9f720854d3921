// The door of the platform: the TEE a workload runs in, and what it says about itself there.
export { peerClaims, readerClaims, releaseClaims, resultClaims } from "./claims.ts";
export { openCollateralFolder } from "./collateral-folder.ts";
export { evidenceFor } from "./evidence.ts";
export { encodeFrame, MAX_ANSWER_SIZE, MAX_REQUEST_SIZE, readFrames } from "./frames.ts";
export { PlatformError } from "./platform-error.ts";
export { createRunKeys } from "./run-keys.ts";
export { openSecureProcessor } from "./open-secure-processor.ts";
export type { PeerClaimsInput, ReaderClaimsInput, ReleaseClaimsInput, ResultClaimsInput } from "./claims.ts";
export type { PlatformEvidence } from "./evidence.ts";
export type { PlatformCode } from "./platform-error.ts";
export type { ResultJwk, RunKeys } from "./run-keys.ts";
export type { SecureProcessorSource } from "./open-secure-processor.ts";
export type { EvidenceSource, SecureProcessor, SecureProcessorReport } from "./secure-processor.ts";
