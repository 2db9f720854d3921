import { toHex } from "#sealing";
import type { StoredObject } from "#gen/sealmesh/snooper/v1alpha1/snooper_pb.ts";
import { allPages } from "../mesh/pages.ts";
import type { Target } from "../mesh/topology.ts";
import { words } from "../words.ts";
import { button, h } from "./dom.ts";
import { decimalText, sizeText } from "./format.ts";
import { loaded } from "./loaded.ts";
import type { MeshView } from "./mesh-view.ts";

const { snooper: text } = words;

const hexText = (bytes: Uint8Array): string => toHex(bytes).replaceAll(/(.{8})(?=.)/g, "$1 ");

const objectRow = ({ name, sizeBytes, entropy, head }: StoredObject): HTMLElement =>
  h(
    "tr",
    {},
    h("th", { scope: "row" }, name),
    h("td", { class: "number" }, sizeText(sizeBytes)),
    h(
      "td",
      {},
      h("meter", { min: 0, max: 8, value: entropy, "aria-label": text.bits(decimalText(entropy)) }),
      ` ${decimalText(entropy)}`,
    ),
    h("td", {}, h("code", { class: "hex" }, hexText(head))),
  );

/** What the attacker sees in the storage: names, sizes, and bytes that say nothing. */
export const storageView = (view: MeshView, { label }: Target): HTMLElement => {
  const place = loaded(async () => {
    const { items } = await allPages(
      (request) => view.clients(label).snooper.listStorage(request),
      ({ objects }) => objects,
    );
    if (items.length === 0) return h("p", { class: "empty" }, text.storageEmpty);
    const titles = [text.name, text.size, text.entropy, text.head];
    return [
      h(
        "div",
        { class: "scroll", tabindex: 0, role: "group", "aria-label": text.storage },
        h(
          "table",
          {},
          h("thead", {}, h("tr", {}, ...titles.map((title) => h("th", { scope: "col" }, title)))),
          h("tbody", {}, ...items.map(objectRow)),
        ),
      ),
      h("p", { class: "note" }, text.storageNote),
    ];
  });
  return h(
    "section",
    { class: "block" },
    h("h4", {}, text.storage, " ", button(words.broker.refresh, place.reload)),
    place.element,
  );
};
