// The reader's anchor: digests of contracts, from outside the mesh. They come in the fragment, which browsers send to nobody,
// and the gateway is never asked for them.

/** What the reader brought. */
export type Trust =
  | { readonly kind: "none" }
  /** Something that is not a list of digests: nothing can be proven with it. */
  | { readonly kind: "malformed"; readonly text: string }
  /** `sha256:` and 64 hex digits each; one at least. */
  | { readonly kind: "anchors"; readonly digests: readonly string[] };

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Reads `#trust=sha256:…`; more than one digest, for more than one contract, with commas between. */
export const parseTrust = (fragment: string): Trust => {
  const text = new URLSearchParams(fragment.replace(/^#/, "")).get("trust");
  if (text === null) return { kind: "none" };
  const digests = text.split(",");
  return digests.every((digest) => DIGEST.test(digest))
    ? { kind: "anchors", digests: [...new Set(digests)] }
    : { kind: "malformed", text };
};

/** Where the anchor is kept for as long as the tab lives. */
export type TrustStore = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const KEY = "sealmesh.trust";

/** The anchor of the fragment, which is then kept; without one, the anchor that was kept. */
export const recallTrust = (fragment: string, store: TrustStore): Trust => {
  const trust = parseTrust(fragment);
  if (trust.kind === "anchors") store.setItem(KEY, trust.digests.join(","));
  if (trust.kind !== "none") return trust;
  const kept = store.getItem(KEY);
  return kept === null ? trust : parseTrust(`#trust=${kept}`);
};

/** Forgets the anchor that was kept. */
export const forgetTrust = (store: TrustStore): void => store.removeItem(KEY);
