// A workload for the tests: asks for as many reports as it is told, over its inherited channel, and says how each ended.
import { openSecureProcessor, PlatformError } from "#platform";

const processor = openSecureProcessor({ kind: "simulated", fd: 3, timeoutMs: 300 });

const outcomeOf = async (hex: string): Promise<string> => {
  try {
    const { report, crls } = await processor.report(new Uint8Array(Buffer.from(hex, "hex")));
    const reportData = Buffer.from(report.subarray(0x50, 0x90)).toString("hex");
    return crls === undefined ? reportData : `${reportData} with ${crls.length} CRLs`;
  } catch (error) {
    return error instanceof PlatformError ? error.code : `unexpected: ${String(error)}`;
  }
};

process.on("message", (asked: readonly string[]) => {
  void Promise.all(asked.map(outcomeOf)).then((outcomes) => process.send?.(outcomes));
});
