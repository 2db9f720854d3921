/**
 * Why the simulated host did not measure or start something.
 *
 * - `SOURCE_REFUSED`: something in the closed set of a workload is neither a file nor a folder, such as a symbolic link.
 * - `LOCKFILE_INVALID`: package-lock.json is not what npm writes, or names a folder outside node_modules.
 * - `PACKAGE_MISSING`: a production package of the lockfile is not installed.
 * - `PKI_UNUSABLE`: the folder of the simulated keys is damaged.
 * - `CHIP_MISMATCH`: the machine of the folder is another than was asked for.
 * - `TCB_REFUSED`: the machine's TCB cannot become what was asked for.
 * - `ALREADY_REVOKED`: the root has revoked that intermediate before.
 * - `KDS_PORT_TAKEN`: another process listens where the simulated KDS is to.
 * - `ENVIRONMENT_REFUSED`: a variable that is not on the role's list, or one that is never handed over.
 * - `PLACEHOLDER_UNKNOWN`: a command wants a folder that was not given.
 * - `REFERENCE_INVALID`: the file of reference values has another form.
 */
export type HostCode =
  | "SOURCE_REFUSED"
  | "LOCKFILE_INVALID"
  | "PACKAGE_MISSING"
  | "PKI_UNUSABLE"
  | "CHIP_MISMATCH"
  | "TCB_REFUSED"
  | "ALREADY_REVOKED"
  | "KDS_PORT_TAKEN"
  | "ENVIRONMENT_REFUSED"
  | "PLACEHOLDER_UNKNOWN"
  | "REFERENCE_INVALID";

/** The one error of the simulated host; branch on `code`, not on the message. */
export class HostError extends Error {
  override readonly name = "HostError";
  readonly code: HostCode;
  readonly data: Readonly<Record<string, string>>;

  constructor(code: HostCode, message: string, data: Readonly<Record<string, string>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}
