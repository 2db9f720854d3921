import type { SecureProcessor } from "./secure-processor.ts";
import { createSimulatedProcessor } from "./simulated-processor.ts";

/** How the secure processor is reached. */
export interface SecureProcessorSource {
  /** The simulated host that started this process, over the socket that it left open. */
  readonly kind: "simulated";
  /** Number of the inherited file descriptor. */
  readonly fd: number;
  /** How long a report may take, in milliseconds; 10 seconds unless given. */
  readonly timeoutMs?: number;
}

const REPORT_WITHIN_MS = 10_000;

/** Opens the secure processor. Nothing is asked before the first report. */
export const openSecureProcessor = (source: SecureProcessorSource): SecureProcessor =>
  createSimulatedProcessor({ fd: source.fd, timeoutMs: source.timeoutMs ?? REPORT_WITHIN_MS });
