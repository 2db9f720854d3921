// The keys that AMD would hold: root, intermediate and the chip's own, made once per state folder. The root's fingerprint is all that is
// published; a verifier trusts it only when its contract says `simulated`.
import {
  createHash,
  createPrivateKey,
  generateKeyPair,
  type KeyObject,
  randomBytes,
  X509Certificate,
} from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { parseCertificate } from "#attestation";
import { issueArk, issueAsk, issueVcek } from "./amd-certificates.ts";
import { HostError } from "./host-error.ts";
import { CHIP_ID_SIZE } from "./simulated-chip.ts";

/** What the simulated secure processor signs with, and the chain that vouches for it. */
export interface SimulatedPki {
  /** P-384, private. */
  readonly vcekKey: KeyObject;
  /** DER of VCEK, ASK and ARK. */
  readonly certificates: readonly Uint8Array[];
  /** 64 bytes, as in the VCEK's hwID. */
  readonly chipId: Uint8Array;
  /** SHA-256 of the root's SubjectPublicKeyInfo, 32 bytes: what a verifier pins. */
  readonly arkSpkiSha256: Uint8Array;
}

const DAY_MS = 86_400_000;
const HW_ID = "1.3.6.1.4.1.3704.1.4";
const RSA = { modulusLength: 4096, publicExponent: 65_537 } as const;
const names = ["vcek", "ask", "ark"] as const;

const generate = promisify(generateKeyPair);
const spkiSha256 = (certificate: X509Certificate): Uint8Array =>
  createHash("sha256")
    .update(certificate.publicKey.export({ format: "der", type: "spki" }))
    .digest();

/** Written beside its final place and renamed, so that a start that was cut off leaves nothing half made. */
const create = async (folder: string, now: Date): Promise<void> => {
  const [ark, ask, vcek] = await Promise.all([
    generate("rsa", RSA),
    generate("rsa", RSA),
    generate("ec", { namedCurve: "P-384" }),
  ]);
  const notBefore = new Date(now.getTime() - DAY_MS);
  const certificates = {
    ark: issueArk(ark, notBefore),
    ask: issueAsk(ask.publicKey, ark, notBefore),
    vcek: issueVcek(vcek.publicKey, ask, randomBytes(CHIP_ID_SIZE), notBefore),
  };
  const draft = `${folder}.${randomBytes(8).toString("hex")}`;
  await mkdir(draft, { recursive: true, mode: 0o700 });
  const keys = { ark: ark.privateKey, ask: ask.privateKey, vcek: vcek.privateKey };
  for (const name of names) {
    const pem = keys[name].export({ format: "pem", type: "pkcs8" });
    await writeFile(join(draft, `${name}.key.pem`), pem, { mode: 0o600 });
    await writeFile(join(draft, `${name}.pem`), new X509Certificate(certificates[name]).toString());
  }
  const root = Buffer.from(spkiSha256(new X509Certificate(certificates.ark))).toString("hex");
  await writeFile(join(draft, "root.json"), `${JSON.stringify({ ark_spki_sha256: `sha256:${root}` })}\n`);
  await rename(draft, folder);
};

const unusable = (folder: string, why: string, cause?: unknown): HostError =>
  new HostError("PKI_UNUSABLE", `simulated keys in ${folder} cannot be used: ${why}`, { folder }, { cause });

/**
 * Opens the simulated keys of a folder; makes them when the folder does not exist, which takes seconds.
 *
 * @param folder the host's own; kept at mode 0700, its key files at 0600
 * @throws {HostError} PKI_UNUSABLE
 */
export const openSimulatedPki = async (folder: string, now = new Date()): Promise<SimulatedPki> => {
  if (!existsSync(folder)) {
    await mkdir(dirname(folder), { recursive: true, mode: 0o700 });
    await create(folder, now);
  }
  await chmod(folder, 0o700);
  try {
    const vcekKey = createPrivateKey(await readFile(join(folder, "vcek.key.pem")));
    const [vcek, ask, ark] = await Promise.all(
      names.map(async (name) => new X509Certificate(await readFile(join(folder, `${name}.pem`)))),
    );
    if (vcek === undefined || ask === undefined || ark === undefined)
      throw unusable(folder, "a certificate is missing");
    if (!vcek.checkPrivateKey(vcekKey)) throw unusable(folder, "the VCEK's certificate is not for the key beside it");
    const chipId = parseCertificate(vcek.raw).extensions.get(HW_ID)?.value;
    if (chipId?.length !== CHIP_ID_SIZE) throw unusable(folder, "the VCEK's certificate names no chip");
    return {
      vcekKey,
      certificates: [vcek.raw, ask.raw, ark.raw],
      chipId,
      arkSpkiSha256: spkiSha256(ark),
    };
  } catch (cause) {
    throw cause instanceof HostError ? cause : unusable(folder, "a file is missing or damaged", cause);
  }
};
