// What must be true of a contract beside its signatures before this broker takes it into force.
import type { TrustedRoots } from "#attestation";
import { checkOperators, parseReleasePolicy, partyOf, releasePolicy, type Contract } from "#contract";
import { toHex } from "#sealing";
import { BrokerError } from "./broker-error.ts";
import type { CheckContract } from "./contract-book.ts";
import type { OwnManifests } from "./own-manifests.ts";
import type { BrokerIdentity } from "./verdict.ts";

const rootOf = (roots: TrustedRoots): string => (roots.kind === "amd" ? "amd" : `sha256:${toHex(roots.arkSpkiSha256)}`);

const checkHardware = (contract: Contract, roots: TrustedRoots): void => {
  const want = rootOf(roots);
  const seen = contract.simulated_root ?? "amd";
  if (seen !== want) {
    throw new BrokerError(
      "CONTRACT_HARDWARE_MISMATCH",
      `the contract is for the root ${seen}, this broker trusts ${want}`,
      { seen, want },
    );
  }
};

const checkOwnBroker = ({ parties }: Contract, identity: BrokerIdentity, ca: string): void => {
  const named = parties[identity.party]?.broker;
  const wanted = { url: identity.url, key: identity.key, ca };
  for (const [field, want] of Object.entries(wanted)) {
    const seen = named?.[field as keyof typeof wanted]; // the keys of the literal above
    if (seen !== want) {
      throw new BrokerError(
        "BROKER_KEY_MISMATCH",
        `the contract names ${field} ${seen} for this broker, which has ${want}`,
        { field, want },
      );
    }
  }
};

const checkManifests = async ({ datasets }: Contract, party: string, manifests: OwnManifests): Promise<void> => {
  for (const [dataset, { manifest: digest }] of Object.entries(datasets)) {
    if (partyOf(dataset) === party && (await manifests(digest)) === undefined) {
      throw new BrokerError("MANIFEST_UNKNOWN", `no manifest ${digest} of ${dataset} is known here`, {
        dataset,
        digest,
      });
    }
  }
};

/**
 * Makes the check.
 *
 * @param options.ca `sha256:` of the CA certificate of this broker's TLS name
 * @param options.manifests those that the owner gave its broker
 */
export const createContractCheck =
  ({
    identity,
    ca,
    manifests,
  }: {
    readonly identity: BrokerIdentity;
    readonly ca: string;
    readonly manifests: OwnManifests;
  }): CheckContract =>
  async (contract) => {
    checkHardware(contract, identity.roots);
    checkOwnBroker(contract, identity, ca);
    for (const query of Object.keys(contract.queries))
      checkOperators(parseReleasePolicy(releasePolicy(contract, query, identity.url)));
    await checkManifests(contract, identity.party, manifests);
  };
