// Elements without a framework: text is always text, and nothing sets a style.

/** What an element holds. */
export type Child = Node | string | undefined | readonly Child[];

/** Attributes; a function is an event listener, `false` and `undefined` leave an attribute out. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined | ((event: Event) => void)>>;

const nodesOf = (child: Child): readonly (Node | string)[] => {
  if (child === undefined) return [];
  return typeof child === "string" || child instanceof Node ? [child] : child.flatMap(nodesOf);
};

/** Makes an element. Listeners are named as their events: `click`. */
export const h = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flatMap(nodesOf));
  return element;
};

/** Puts new content into an element. */
export const fill = (element: Element, ...children: readonly Child[]): void =>
  element.replaceChildren(...children.flatMap(nodesOf));

/** A button that does something. */
export const button = (text: string, click: () => void, attributes: Attributes = {}): HTMLButtonElement =>
  h("button", { type: "button", ...attributes, click }, text);

/** Something that can be opened. */
export const folded = (summary: Child, ...content: readonly Child[]): HTMLElement =>
  h("details", {}, h("summary", {}, summary), ...content);
