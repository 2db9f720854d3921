// The keys that AMD would hold, made once per state folder: a root and intermediates of one product, and the secret of one machine, from
// which its signing key of every TCB is derived. The root's fingerprint is all that is published of them; a verifier trusts it only when
// its contract says `simulated`.
import { createHash, createPublicKey, generateKeyPair, type KeyObject, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import * as v from "valibot";
import type { Product } from "#attestation";
import { intermediateSerial, issueArk, issueIntermediate, issueLeaf } from "./amd-certificates.ts";
import { issueCrl, type Revocation } from "./amd-crl.ts";
import { type Issuer, spkiOf } from "./amd-x509.ts";
import { deriveKey } from "./derive-key.ts";
import { HostError } from "./host-error.ts";
import { hostFile } from "./host-file.ts";
import {
  type Authority,
  hasAuthority,
  readAuthority,
  readKey,
  unusable,
  writeAuthority,
  writeKey,
} from "./key-files.ts";
import { CSP_ID, chipKinds, type ChipTcb, type SigningKey, tcbBytes } from "./simulated-chip.ts";
import {
  type Machine,
  type MachineShape,
  newMachine,
  raisedMachine,
  readMachine,
  type TcbRaise,
  writeMachine,
} from "./simulated-machine.ts";

/** What signs the reports of a machine, and the chain that vouches for it. */
export interface MachineSigner {
  readonly machine: Machine;
  /** P-384, private. */
  readonly key: KeyObject;
  /** DER of the leaf, its intermediate and the ARK. */
  readonly certificates: readonly Uint8Array[];
}

/** A simulated machine, and the AMD behind it. */
export interface SimulatedPki {
  readonly product: Product;
  /** SHA-256 of the root's SubjectPublicKeyInfo, 32 bytes: what a verifier pins. */
  readonly arkSpkiSha256: Uint8Array;
  /** The machine as it is now, with the key and the certificates of its reported TCB. */
  signer(): MachineSigner;
  /** Issues the VCEK of the machine's chip for any TCB: AMD can derive them all. DER. */
  vcek(tcb: ChipTcb): Promise<Uint8Array>;
  /** DER of the intermediate that issues a kind of leaf, made at its first use, and of the ARK. */
  chain(signer: SigningKey): Promise<readonly Uint8Array[]>;
  /** Issues the revocation list as of now. DER. */
  crl(): Uint8Array;
  /** Installs firmware. Throws HostError TCB_REFUSED. */
  raiseTcb(raise: TcbRaise): Machine;
  /** Has the root revoke the intermediate of a kind of leaf. Throws HostError ALREADY_REVOKED. */
  revoke(signer: SigningKey): void;
}

/** How a folder is opened. */
export interface SimulatedPkiOptions {
  /** What a new machine is, and what an existing one must be. */
  readonly shape?: Partial<MachineShape>;
  /** Now, unless given. */
  readonly now?: () => Date;
}

const DAY_MS = 86_400_000;
const RSA = { modulusLength: 4096, publicExponent: 65_537 } as const;

const generate = promisify(generateKeyPair);
/** AMD dates everything one day back, for verifiers whose clocks are. */
const dayBefore = (now: Date): Date => new Date(now.getTime() - DAY_MS);
const intermediateFile = (signer: SigningKey): string => (signer === "vcek" ? "ask" : "asvk");

const arkSpkiSha256 = ({ publicKey }: Issuer): Uint8Array => createHash("sha256").update(spkiOf(publicKey)).digest();

/** Written beside its final place and renamed, so that a start that was cut off leaves nothing half made. */
const create = async (folder: string, machine: Machine, now: Date): Promise<void> => {
  const { product } = chipKinds[machine.chip];
  const [arkKeys, keys, chip] = await Promise.all([
    generate("rsa", RSA),
    generate("rsa", RSA),
    generate("ec", { namedCurve: "P-384" }),
  ]);
  const ark = { ...arkKeys, certificate: issueArk(product, arkKeys, dayBefore(now)) };
  const draft = `${folder}.${randomBytes(8).toString("hex")}`;
  await mkdir(draft, { recursive: true, mode: 0o700 });
  await writeKey(draft, "chip", chip.privateKey);
  await writeAuthority(draft, "ark", ark);
  const { signer } = machine;
  const certificate = issueIntermediate({ product, signer }, keys.publicKey, ark, dayBefore(now));
  await writeAuthority(draft, intermediateFile(signer), { ...keys, certificate });
  writeMachine(draft, machine);
  const root = Buffer.from(arkSpkiSha256(ark)).toString("hex");
  await writeFile(join(draft, "root.json"), `${JSON.stringify({ ark_spki_sha256: `sha256:${root}` })}\n`);
  await rename(draft, folder);
};

const revocationsFile = hostFile(
  "revoked.json",
  v.array(
    v.strictObject({
      serialNumber: v.pipe(v.number(), v.integer(), v.minValue(0)),
      since: v.pipe(
        v.string(),
        v.isoTimestamp(),
        v.transform((text) => new Date(text)),
      ),
    }),
  ),
);
const revocationsIn = (folder: string): readonly Revocation[] =>
  revocationsFile.exists(folder) ? revocationsFile.read(folder) : [];

const checkShape = (folder: string, machine: Machine, shape: Partial<MachineShape>): void => {
  const { chip, reportVersion, signer } = { ...machine, ...shape };
  if (chip === machine.chip && reportVersion === machine.reportVersion && signer === machine.signer) return;
  const what = `a ${machine.chip} whose ${machine.signer} signs reports of version ${machine.reportVersion}`;
  throw new HostError("CHIP_MISMATCH", `the machine of ${folder} is ${what}, and stays that`, { folder });
};

interface Parts {
  readonly folder: string;
  readonly now: () => Date;
  readonly ark: Authority;
  /** Of the machine's own signing key. */
  readonly intermediate: Authority;
  readonly chipKey: KeyObject;
  readonly machine: Machine;
}

const assemble = ({
  folder,
  now,
  ark,
  intermediate,
  chipKey,
  machine: { chip, hwId, signer },
}: Parts): SimulatedPki => {
  const { product, productName } = chipKinds[chip];
  const intermediates = new Map([[signer, Promise.resolve(intermediate)]]);

  const authority = (kind: SigningKey): Promise<Authority> => {
    const open = intermediates.get(kind) ?? openOrMake(kind);
    intermediates.set(kind, open);
    return open;
  };
  const openOrMake = async (kind: SigningKey): Promise<Authority> => {
    const name = intermediateFile(kind);
    if (hasAuthority(folder, name)) return readAuthority(folder, name);
    const keys = await generate("rsa", RSA);
    const certificate = issueIntermediate({ product, signer: kind }, keys.publicKey, ark, dayBefore(now()));
    await writeAuthority(folder, name, { ...keys, certificate });
    return { ...keys, certificate };
  };

  const keyOf = (kind: SigningKey, tcb: ChipTcb): KeyObject => {
    const owner = kind === "vcek" ? Buffer.from(hwId).toString("hex") : CSP_ID;
    return deriveKey(chipKey, `${kind} ${product} ${owner} ${Buffer.from(tcbBytes(product, tcb)).toString("hex")}`);
  };
  const issue = (kind: SigningKey, tcb: ChipTcb, key: KeyObject, issuer: Authority): Uint8Array =>
    issueLeaf(
      kind === "vcek"
        ? { product, productName, tcb, owner: { hwId } }
        : { product, productName: product, tcb, owner: { cspId: CSP_ID } },
      createPublicKey(key),
      issuer,
      dayBefore(now()),
    );

  const signers = new Map<string, Omit<MachineSigner, "machine">>();
  const signerOf = (tcb: ChipTcb): Omit<MachineSigner, "machine"> => {
    const name = JSON.stringify(tcb);
    const known = signers.get(name);
    if (known !== undefined) return known;
    const key = keyOf(signer, tcb);
    const certificates = [issue(signer, tcb, key, intermediate), intermediate.certificate, ark.certificate];
    signers.set(name, { key, certificates });
    return { key, certificates };
  };

  return {
    product,
    arkSpkiSha256: arkSpkiSha256(ark),
    signer() {
      const machine = readMachine(folder);
      return { machine, ...signerOf(machine.reportedTcb) };
    },
    vcek: async (tcb) => issue("vcek", tcb, keyOf("vcek", tcb), await authority("vcek")),
    chain: async (kind) => [(await authority(kind)).certificate, ark.certificate],
    crl: () => issueCrl(product, ark, revocationsIn(folder), dayBefore(now())),
    raiseTcb(raise) {
      const raised = raisedMachine(readMachine(folder), raise);
      writeMachine(folder, raised);
      return raised;
    },
    revoke(kind) {
      const before = revocationsIn(folder);
      const serialNumber = intermediateSerial(product, kind);
      if (before.some((revocation) => revocation.serialNumber === serialNumber))
        throw new HostError("ALREADY_REVOKED", `the ${intermediateFile(kind).toUpperCase()} is revoked already`);
      revocationsFile.write(folder, [...before, { serialNumber, since: now() }]);
    },
  };
};

/**
 * Opens the simulated machine of a folder; makes it when the folder does not exist, which takes seconds.
 *
 * @param folder the host's own; kept at mode 0700, its key files at 0600
 * @throws {HostError} PKI_UNUSABLE, CHIP_MISMATCH
 */
export const openSimulatedPki = async (
  folder: string,
  { shape = {}, now = () => new Date() }: SimulatedPkiOptions = {},
): Promise<SimulatedPki> => {
  if (!existsSync(folder)) {
    await mkdir(dirname(folder), { recursive: true, mode: 0o700 });
    await create(folder, newMachine(shape), now());
  }
  await chmod(folder, 0o700);
  try {
    const machine = readMachine(folder);
    checkShape(folder, machine, shape);
    const [ark, intermediate, chipKey] = await Promise.all([
      readAuthority(folder, "ark"),
      readAuthority(folder, intermediateFile(machine.signer)),
      readKey(folder, "chip"),
    ]);
    return assemble({ folder, now, ark, intermediate, chipKey, machine });
  } catch (cause) {
    throw cause instanceof HostError ? cause : unusable(folder, "a file is missing or damaged", cause);
  }
};
