// What Azure's utility VM puts beside a container: three files of base64 text, in a folder whose name it makes up.
import { Buffer } from "node:buffer";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { PlatformError } from "./platform-error.ts";
import { readBounded } from "./read-bounded.ts";

/** Where to look. */
export interface SecurityContextPlace {
  /** The folder that stands for `/`. */
  readonly root: string;
  /** The environment of the container. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The decoded bytes of the files; `undefined` for one that is not there. */
export interface SecurityContext {
  /** JSON: the VCEK with its chain, and the TCB that it is for. */
  readonly hostAmdCert: Uint8Array | undefined;
  /** COSE_Sign1: the endorsement of the utility VM. */
  readonly referenceInfo: Uint8Array | undefined;
  /** The policy; HOST_DATA is the SHA-256 of these bytes. */
  readonly securityPolicy: Uint8Array | undefined;
}

/** Bytes of base64 in one file or variable: the policies of large groups are some hundred thousand. */
const MAX_TEXT_SIZE = 2 * 1024 * 1024;
/** Where Kata containers of AKS have it. */
const AKS_FOLDER = "opt/confidential-containers/share/kata-containers";

const unusable = (why: string, cause?: unknown): PlatformError =>
  new PlatformError("COLLATERAL_UNUSABLE", `security context: ${why}`, {}, cause === undefined ? {} : { cause });

const isAbsent = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

/** The text of a file; `undefined` when it is not there. */
const readText = async (path: string): Promise<string | undefined> => {
  try {
    return Buffer.from(await readBounded(path, MAX_TEXT_SIZE)).toString("latin1");
  } catch (cause) {
    if (isAbsent(cause)) return undefined;
    throw unusable(`${path} cannot be read`, cause);
  }
};

/** Standard base64, padded, in its one spelling: the digest of a policy must not depend on who decodes it. */
const decode = (name: string, text: string): Uint8Array => {
  if (text.length > MAX_TEXT_SIZE) throw unusable(`${name} is more than ${MAX_TEXT_SIZE} bytes`);
  const bytes = Buffer.from(text, "base64");
  if (text === "" || bytes.toString("base64") !== text) throw unusable(`${name} is not base64`);
  return Uint8Array.from(bytes);
};

const folderOf = async ({ root, environment }: SecurityContextPlace): Promise<string | undefined> => {
  const named = environment["UVM_SECURITY_CONTEXT_DIR"];
  if (named !== undefined && named !== "") return named;
  try {
    const [first] = (await readdir(root)).filter((name) => name.startsWith("security-context-")).toSorted();
    if (first !== undefined) return join(root, first);
    const folder = join(root, AKS_FOLDER);
    return (await stat(folder)).isDirectory() ? folder : undefined;
  } catch (cause) {
    if (isAbsent(cause)) return undefined;
    throw unusable(`it cannot be looked for below ${root}`, cause);
  }
};

/**
 * Reads the security context: the folder that `UVM_SECURITY_CONTEXT_DIR` names, else the first `/security-context-*`, else that of AKS,
 * else the variables of older deployments. The first of these that is there is the one; the others do not make up for what it lacks.
 *
 * @throws {PlatformError} COLLATERAL_UNUSABLE also when there is none
 */
export const readSecurityContext = async (place: SecurityContextPlace): Promise<SecurityContext> => {
  const folder = await folderOf(place);
  const read = async (file: string, variable: string): Promise<Uint8Array | undefined> => {
    const [name, text] =
      folder === undefined ? [variable, place.environment[variable]] : [file, await readText(join(folder, file))];
    return text === undefined ? undefined : decode(name, text);
  };
  const [hostAmdCert, referenceInfo, securityPolicy] = await Promise.all([
    read("host-amd-cert-base64", "UVM_HOST_AMD_CERTIFICATE"),
    read("reference-info-base64", "UVM_REFERENCE_INFO"),
    read("security-policy-base64", "UVM_SECURITY_POLICY"),
  ]);
  if (hostAmdCert === undefined && referenceInfo === undefined && securityPolicy === undefined)
    throw unusable(`nothing is in ${folder ?? "the environment"}`);
  return { hostAmdCert, referenceInfo, securityPolicy };
};
