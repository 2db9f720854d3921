import { Buffer } from "node:buffer";
import { Socket } from "node:net";
import { parseReport } from "#attestation";
import { encodeFrame, MAX_ANSWER_SIZE, readFrames } from "./frames.ts";
import { PlatformError } from "./platform-error.ts";
import type { SecureProcessor, SecureProcessorReport } from "./secure-processor.ts";

const REPORT_DATA_SIZE = 64;
const CERTIFICATES = 3;

interface Waiting {
  readonly resolve: (answer: Readonly<Record<string, unknown>>) => void;
  readonly reject: (error: PlatformError) => void;
}

const unavailable = (why: string, cause?: unknown): PlatformError =>
  new PlatformError("REPORT_UNAVAILABLE", why, {}, cause === undefined ? {} : { cause });

const mismatch = (why: string, cause?: unknown): PlatformError =>
  new PlatformError("REPORT_MISMATCH", why, {}, cause === undefined ? {} : { cause });

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const bytesOf = (field: string, value: unknown): Uint8Array => {
  if (typeof value !== "string") throw mismatch(`${field} of the answer is not text`);
  return new Uint8Array(Buffer.from(value, "base64"));
};

/** Reads an answer. The host is not trusted to have answered this question: REPORT_DATA of the report says what was answered. */
const toReport = (answer: Readonly<Record<string, unknown>>, reportData: Uint8Array): SecureProcessorReport => {
  const report = bytesOf("report", answer["report"]);
  const { certificates } = answer;
  if (!Array.isArray(certificates) || certificates.length !== CERTIFICATES)
    throw mismatch(`answer does not have ${CERTIFICATES} certificates`);
  let seen: Uint8Array;
  try {
    seen = parseReport(report).reportData;
  } catch (cause) {
    throw mismatch("answer is not an attestation report", cause);
  }
  if (Buffer.compare(seen, reportData) !== 0) {
    const [found, wanted] = [Buffer.from(seen).toString("hex"), Buffer.from(reportData).toString("hex")];
    throw mismatch(`REPORT_DATA is ${found}, want ${wanted}`);
  }
  return {
    report,
    certificates: certificates.map((certificate) => bytesOf("certificate", certificate)),
    policyDocument: bytesOf("policyDocument", answer["policyDocument"]),
    measurementDocument: bytesOf("measurementDocument", answer["measurementDocument"]),
  };
};

/** Opens the channel to the simulated secure processor. It keeps the process alive only while a report is awaited. */
export const createSimulatedProcessor = ({
  fd,
  timeoutMs,
}: {
  readonly fd: number;
  readonly timeoutMs: number;
}): SecureProcessor => {
  const waiting = new Map<number, Waiting>();
  let nextId = 1;
  let ended: PlatformError | undefined;
  let socket: Socket | undefined;

  const end = (error: PlatformError): void => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
    socket?.destroy();
  };

  try {
    socket = new Socket({ fd, readable: true, writable: true });
  } catch (cause) {
    end(unavailable(`file descriptor ${fd} is no channel to a secure processor`, cause));
  }

  const read = async (from: Socket): Promise<void> => {
    for await (const answer of readFrames(from, MAX_ANSWER_SIZE)) {
      if (!isObject(answer) || typeof answer["id"] !== "number") throw mismatch("answer without an id");
      // An id that nobody waits for is that of a question that took too long.
      waiting.get(answer["id"])?.resolve(answer);
    }
  };
  if (socket !== undefined) {
    socket.unref();
    socket.on("error", (cause) => end(unavailable("channel to the secure processor broke", cause)));
    read(socket).then(
      () => end(unavailable("channel to the secure processor was closed")),
      (cause: unknown) => end(unavailable("channel to the secure processor broke", cause)),
    );
  }

  const ask = (reportData: Uint8Array): Promise<Readonly<Record<string, unknown>>> => {
    if (socket === undefined || ended !== undefined) throw ended ?? unavailable("there is no channel");
    const id = nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<Readonly<Record<string, unknown>>>();
    const late = setTimeout(() => reject(unavailable(`no report within ${timeoutMs} ms`)), timeoutMs);
    waiting.set(id, { resolve, reject });
    socket.ref();
    socket.write(encodeFrame({ id, reportData: Buffer.from(reportData).toString("base64") }));
    return promise.finally(() => {
      clearTimeout(late);
      waiting.delete(id);
      if (waiting.size === 0) socket?.unref();
    });
  };

  return {
    hardwareRoot: "simulated",
    async report(reportData) {
      if (reportData.length !== REPORT_DATA_SIZE) {
        const size = reportData.length;
        throw new PlatformError("REPORT_DATA_INVALID", `report data is ${size} bytes, want ${REPORT_DATA_SIZE}`, {
          size,
        });
      }
      const wanted = reportData.slice();
      const answer = await ask(wanted);
      if (typeof answer["error"] === "string") throw unavailable(`secure processor refuses: ${answer["error"]}`);
      return toReport(answer, wanted);
    },
    close: () => end(unavailable("channel to the secure processor was given up")),
  };
};
