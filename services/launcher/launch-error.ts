/** Why the local mesh did not start or did not go on. */
export type LaunchCode =
  /** An option of the command is unknown or has a bad value. */
  | "OPTION_INVALID"
  /** The topology's file is not there. */
  | "TOPOLOGY_UNKNOWN"
  /** The topology's file has a mistake. */
  | "TOPOLOGY_INVALID"
  /** Another process listens on a port that is needed. */
  | "PORT_TAKEN"
  /** Another launcher uses the state folder. */
  | "STATE_IN_USE"
  /** The state folder was made by another topology or lacks a piece. */
  | "STATE_INCOMPLETE"
  /** A command of the owner's administrator failed. */
  | "COMMAND_FAILED"
  /** A process ended before it was ready. */
  | "PROCESS_FAILED"
  /** A process was not ready in time. */
  | "PROCESS_SILENT";

/** What the launcher reports: a stable code, a sentence, and the parts of the sentence. */
export class LaunchError extends Error {
  override readonly name = "LaunchError";
  readonly code: LaunchCode;
  readonly data: Readonly<Record<string, string | number>>;

  constructor(
    code: LaunchCode,
    message: string,
    data: Readonly<Record<string, string | number>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}
