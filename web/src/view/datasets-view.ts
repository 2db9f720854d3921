import type { Manifest } from "#sealing";
import type { Dataset } from "#gen/sealmesh/provider/v1alpha1/provider_pb.ts";
import { toEnvelope } from "../mesh/messages.ts";
import { allPages } from "../mesh/pages.ts";
import type { Target } from "../mesh/topology.ts";
import { standingOf } from "../proof/known-contract.ts";
import { proveManifest, type ManifestProof } from "../proof/manifest.ts";
import { words } from "../words.ts";
import { folded, h, type Child } from "./dom.ts";
import { numberText, sizeText } from "./format.ts";
import { loaded } from "./loaded.ts";
import { badge } from "./marks.ts";
import type { MeshView } from "./mesh-view.ts";

const { datasets: text } = words;

const signature = ({ known, failure, isContracted }: ManifestProof): Child => {
  if (known === undefined) return [badge("not-proven"), ` ${text.noOwner}`];
  if (failure !== undefined) return [badge("failed"), ` ${failure.code}: ${failure.message}`];
  return [badge(standingOf(true, known)), ` ${text.signed}`, isContracted ? "" : `; ${text.notContracted}`];
};

const schemaTable = ({ schema }: Manifest): HTMLElement =>
  h(
    "div",
    { class: "scroll" },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h("tr", {}, ...[text.column, text.type, text.class].map((name) => h("th", { scope: "col" }, name))),
      ),
      h(
        "tbody",
        {},
        ...schema.map(({ name, type, nullable, class: keyClass }) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, name),
            h("td", {}, nullable ? `${type}, ${text.empties}` : type),
            h("td", {}, keyClass),
          ),
        ),
      ),
    ),
  );

const manifestView = ({ name, version }: Dataset, proof: ManifestProof): HTMLElement => {
  const { manifest } = proof;
  const size = manifest?.parts.reduce((sum, part) => sum + part.size, 0) ?? 0;
  return h(
    "li",
    {},
    h("p", {}, h("strong", {}, name), ` ${text.version(manifest?.version ?? version)}`),
    h("p", {}, signature(proof)),
    manifest === undefined
      ? undefined
      : [
          h("p", {}, text.facts(numberText(manifest.rows), sizeText(size))),
          folded(text.columns(manifest.schema.length), schemaTable(manifest)),
        ],
  );
};

/** The sealed datasets of a provider, as their signed manifests describe them. */
export const datasetsView = (view: MeshView, { label }: Target): HTMLElement => {
  const { provider } = view.clients(label);
  const place = loaded(async () => {
    const { items } = await allPages(
      (request) => provider.listDatasets(request),
      ({ datasets }) => datasets,
    );
    if (items.length === 0) return h("p", { class: "empty" }, text.empty);
    const entries = await Promise.all(
      items.map(async (dataset) => {
        const { manifest } = await provider.getManifest({ manifestDigest: dataset.manifestDigest });
        return manifestView(dataset, await proveManifest(toEnvelope(manifest), dataset.name, view.contracts));
      }),
    );
    return h("ul", { class: "plain" }, ...entries);
  });
  return h("section", { class: "block" }, h("h4", {}, text.heading), place.element);
};
