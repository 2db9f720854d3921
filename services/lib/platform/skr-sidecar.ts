// The HTTP interface of Azure's secure key release sidecar (mcr.microsoft.com/aci/skr), which asks the secure processor for the
// containers of its group. It listens on loopback, so only a port is configured and nothing else can be called. Its traps: it hashes
// what it is given, so REPORT_DATA cannot be chosen; outside SEV-SNP it answers with a canned report; an error body may hold two JSON
// documents, or an error that is an empty object; and it sets no time limits.
import { Buffer } from "node:buffer";
import { reportDataOf } from "#attestation";
import { createLifetime } from "./lifetime.ts";
import { mismatch, PlatformError, unavailable } from "./platform-error.ts";
import { copyReportData, reportOver } from "./report-data.ts";
import type { SecureProcessor } from "./secure-processor.ts";

/** How the sidecar is reached. */
export interface SkrSidecarOptions {
  /** Its port on 127.0.0.1. */
  readonly port: number;
  /** How long a report may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** A report in hexadecimal digits is 2,368 characters; the sidecar adds no more than a member's name. */
const MAX_ANSWER_SIZE = 16_384;
/** Of no real report that is still accepted: versions begin with 2. The canned one has it. */
const CANNED_VERSION = 1;

const unsuitable = (why: string, cause?: unknown): PlatformError =>
  new PlatformError("SOURCE_UNSUITABLE", `SKR sidecar: ${why}`, {}, cause === undefined ? {} : { cause });

/** The document to send. The sidecar takes nothing else, so it must be what the report is to be about. */
const documentFor = async (reportData: Uint8Array, document: Uint8Array | undefined): Promise<Uint8Array> => {
  const own = Uint8Array.from(document ?? []);
  if (Buffer.compare(await reportDataOf(own), reportData) === 0) return own;
  throw new PlatformError("REPORT_DATA_INVALID", "SKR sidecar: report data is not the digest of the document", {});
};

const readBody = async ({ body }: Response): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > MAX_ANSWER_SIZE) throw mismatch(`SKR sidecar: answer is more than ${MAX_ANSWER_SIZE} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
};

const parseObject = (text: string): Readonly<Record<string, unknown>> | null => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return { ...value };
  } catch {
    // not one JSON document: said by null
  }
  return null;
};

/** What the sidecar says about its failure. For the log: it may name whatever the sidecar was doing. */
const failureIn = (body: string): Error => {
  const error = (parseObject(body) ?? parseObject(body.slice(0, body.indexOf("}{") + 1)))?.["error"];
  return new Error(typeof error === "string" ? error.slice(0, 1_000) : "no reason is given");
};

const reportIn = (body: string): Uint8Array => {
  const report = parseObject(body)?.["report"];
  if (typeof report !== "string" || !/^(?:[0-9a-f]{2})+$/i.test(report))
    throw mismatch("SKR sidecar: answer holds no report in hexadecimal digits");
  const bytes = Uint8Array.from(Buffer.from(report, "hex"));
  if (bytes.length >= 4 && new DataView(bytes.buffer).getUint32(0, true) === CANNED_VERSION)
    throw unsuitable("this is its canned report; it does not run under SEV-SNP");
  return bytes;
};

const ask = async (port: number, document: Uint8Array, signal: AbortSignal): Promise<Uint8Array> => {
  let status: number;
  let body: string;
  try {
    const response = await fetch(`http://127.0.0.1:${port}/attest/raw`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      // The standard alphabet: the sidecar refuses that of URLs.
      body: JSON.stringify({ runtime_data: Buffer.from(document).toString("base64") }),
      redirect: "error",
      signal,
    });
    status = response.status;
    body = await readBody(response);
  } catch (cause) {
    if (cause instanceof PlatformError) throw cause;
    throw unavailable("SKR sidecar: it cannot be reached, or broke off", cause);
  }
  if (status === 200) return reportIn(body);
  const failure = failureIn(body);
  // 403 is what it says when anything fails that it depends on.
  if (status === 403 || status >= 500) throw unavailable(`SKR sidecar: it failed with status ${status}`, failure);
  throw unsuitable(`it answered with status ${status}`, failure);
};

/** Opens the sidecar's interface. Nothing is asked before the first report; what goes beside it is in the security context. */
export const createSkrSidecar = ({ port, timeoutMs }: SkrSidecarOptions): SecureProcessor => {
  const lifetime = createLifetime(timeoutMs);
  return {
    hardwareRoot: "amd",
    async report(reportData, document) {
      const wanted = copyReportData(reportData);
      const sent = await documentFor(wanted, document);
      const report = await lifetime.request((signal) => ask(port, sent, signal));
      reportOver(wanted, report);
      return {
        source: "skr-sidecar",
        report,
        certificates: [],
        policyDocument: new Uint8Array(),
        measurementDocument: new Uint8Array(),
      };
    },
    close: () => lifetime.end(),
  };
};
