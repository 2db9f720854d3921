// What the launcher says: sentences for people on stdout, or one JSON object per line.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { LaunchError } from "./launch-error.ts";

/** Says things in the form that was asked for. */
export interface Voice {
  readonly json: boolean;
  /** A sentence, with its parts for programs. */
  say(type: string, sentence: string, parts?: Readonly<Record<string, unknown>>): void;
  /** A line that a command already made, as it is. */
  line(text: string): void;
}

export const createVoice = (options: { readonly json: boolean }): Voice => ({
  json: options.json,
  say: (type, sentence, parts = {}) => {
    process.stdout.write(options.json ? `${JSON.stringify({ type, message: sentence, ...parts })}\n` : `${sentence}\n`);
  },
  line: (text) => {
    process.stdout.write(`${text}\n`);
  },
});

/** As it would be typed here: paths below the working directory are said relative to it. */
const shellWord = (argument: string): string =>
  quoted(argument.startsWith(`${process.cwd()}/`) ? argument.slice(process.cwd().length + 1) : argument);

const quoted = (word: string): string => (/^[\w./:=,@+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** Runs the public command `sealmesh`, as anyone could. */
export type RunCommand = (
  args: readonly string[],
  options?: {
    /** `show`: its output is the launcher's output. `lines`: each line of stdout is handed over. Otherwise stdout is returned. */
    readonly output?: "show" | ((line: string) => void);
    /** A status that is an answer and not a failure. */
    readonly accept?: readonly number[];
    /** Say the command before it runs. */
    readonly quiet?: boolean;
    /** Ends the command when it is aborted. */
    readonly signal?: AbortSignal;
  },
) => Promise<{ readonly status: number; readonly stdout: string }>;

/**
 * Makes the runner of public commands.
 *
 * @param project the project's folder
 */
export const createCommandRunner = (project: string, voice: Voice): RunCommand => {
  return async (args, options = {}) => {
    if (options.quiet !== true)
      voice.say("command", `  $ npx sealmesh ${args.map(shellWord).join(" ")}`, { command: args });
    const { output } = options;
    const child = spawn(process.execPath, [join(project, "services", "cli", "main.ts"), ...args], {
      stdio: ["ignore", output === "show" ? "inherit" : "pipe", "inherit"],
    });
    const ended = once(child, "close");
    // Awaited below, after its output: a failure to start is reported there.
    ended.catch(() => undefined);
    const interrupt = (): void => {
      child.kill("SIGTERM");
    };
    options.signal?.addEventListener("abort", interrupt, { once: true });
    if (options.signal?.aborted === true) interrupt();
    let stdout = "";
    if (child.stdout !== null) {
      for await (const line of createInterface({ input: child.stdout })) {
        if (typeof output === "function") output(line);
        else stdout += `${line}\n`;
      }
    }
    await ended;
    options.signal?.removeEventListener("abort", interrupt);
    const status = child.exitCode ?? 1;
    if (status !== 0 && !(options.accept ?? []).includes(status)) {
      throw new LaunchError("COMMAND_FAILED", `sealmesh ${args.slice(0, 2).join(" ")} ended with status ${status}`, {
        command: args.join(" "),
        status,
      });
    }
    return { status, stdout };
  };
};
