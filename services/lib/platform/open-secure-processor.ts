import { createConfigfsTsm } from "./configfs-tsm.ts";
import { createEndorsedProcessor } from "./endorsed-processor.ts";
import type { EvidenceSource, SecureProcessor } from "./secure-processor.ts";
import { createSimulatedProcessor } from "./simulated-processor.ts";
import { createSkrSidecar } from "./skr-sidecar.ts";

interface Source {
  readonly kind: EvidenceSource;
  /** How long a report may take, in milliseconds; 10 seconds unless given. */
  readonly timeoutMs?: number | undefined;
}

/** The simulated host that started this process, over the socket that it left open. */
export interface SimulatedSource extends Source {
  readonly kind: "simulated";
  /** Number of the inherited file descriptor. */
  readonly fd: number;
}

/** What Azure's utility VM keeps beside the report. */
interface AzureCollateral {
  /** Adds certificates, endorsement and policy from the security context, which is below this folder: `/`. Without it nothing is added. */
  readonly securityContext?: { readonly root: string } | undefined;
}

/** The kernel of this machine. */
export interface ConfigfsTsmSource extends Source, AzureCollateral {
  readonly kind: "configfs-tsm";
  /** `/sys/kernel/config/tsm/report` unless given. */
  readonly root?: string | undefined;
  /** VMPL, 0 to 3; the kernel's default unless given. */
  readonly privlevel?: number | undefined;
}

/** Azure's secure key release sidecar in the same container group. */
export interface SkrSidecarSource extends Source, AzureCollateral {
  readonly kind: "skr-sidecar";
  /** Its port on 127.0.0.1; 8080 unless given. */
  readonly port?: number | undefined;
}

/** How the secure processor is reached. It is chosen, never found out: a machine that lacks it gives no reports. */
export type SecureProcessorSource = SimulatedSource | ConfigfsTsmSource | SkrSidecarSource;

const REPORT_WITHIN_MS = 10_000;
const TSM_ROOT = "/sys/kernel/config/tsm/report";
const SKR_PORT = 8080;

const openSource = (source: SecureProcessorSource): SecureProcessor => {
  const { timeoutMs = REPORT_WITHIN_MS } = source;
  switch (source.kind) {
    case "simulated":
      return createSimulatedProcessor({ fd: source.fd, timeoutMs });
    case "configfs-tsm":
      return createConfigfsTsm({ root: source.root ?? TSM_ROOT, privlevel: source.privlevel, timeoutMs });
    case "skr-sidecar":
      return createSkrSidecar({ port: source.port ?? SKR_PORT, timeoutMs });
  }
};

/**
 * Opens the secure processor. Nothing is asked before the first report.
 *
 * @param environment the environment of the process; only the security context is looked for in it
 */
export const openSecureProcessor = (
  source: SecureProcessorSource,
  environment: Readonly<Record<string, string | undefined>> = {},
): SecureProcessor => {
  const processor = openSource(source);
  if (source.kind === "simulated" || source.securityContext === undefined) return processor;
  return createEndorsedProcessor(processor, { root: source.securityContext.root, environment });
};
