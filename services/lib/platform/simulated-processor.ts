import { Buffer } from "node:buffer";
import { Socket } from "node:net";
import { encodeFrame, MAX_ANSWER_SIZE, readFrames } from "./frames.ts";
import { mismatch, type PlatformError, unavailable } from "./platform-error.ts";
import { copyReportData, reportOver } from "./report-data.ts";
import type { SecureProcessor, SecureProcessorReport } from "./secure-processor.ts";

const CERTIFICATES = 3;

interface Waiting {
  readonly resolve: (answer: Readonly<Record<string, unknown>>) => void;
  readonly reject: (error: PlatformError) => void;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const bytesOf = (field: string, value: unknown): Uint8Array => {
  if (typeof value !== "string") throw mismatch(`${field} of the answer is not text`);
  return new Uint8Array(Buffer.from(value, "base64"));
};

const listOf = (field: string, value: unknown): readonly Uint8Array[] => {
  if (!Array.isArray(value)) throw mismatch(`${field} of the answer is no list`);
  return value.map((entry) => bytesOf(field, entry));
};

const toReport = (answer: Readonly<Record<string, unknown>>, reportData: Uint8Array): SecureProcessorReport => {
  const report = bytesOf("report", answer["report"]);
  const certificates = listOf("certificates", answer["certificates"]);
  if (certificates.length !== CERTIFICATES) throw mismatch(`answer does not have ${CERTIFICATES} certificates`);
  const { crls } = answer;
  reportOver(reportData, report);
  return {
    source: "simulated",
    report,
    certificates,
    ...(crls === undefined ? {} : { crls: listOf("crls", crls) }),
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
      const wanted = copyReportData(reportData);
      const answer = await ask(wanted);
      if (typeof answer["error"] === "string") throw unavailable(`secure processor refuses: ${answer["error"]}`);
      return toReport(answer, wanted);
    },
    close: () => end(unavailable("channel to the secure processor was given up")),
  };
};
