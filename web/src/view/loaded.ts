import { toFailure } from "../mesh/failure.ts";
import { words } from "../words.ts";
import { fill, h, type Child } from "./dom.ts";
import { failureView } from "./marks.ts";

/** A place on the page whose content has to be fetched: loading, then the content or a failure with a way to try again. */
export interface Loaded {
  readonly element: HTMLElement;
  /** Fetches again. */
  readonly reload: () => void;
}

/** Makes the place and begins to fetch. An answer that was overtaken by a later one is dropped. */
export const loaded = (work: () => Promise<Child>, waiting: string = words.loading): Loaded => {
  const element = h("div", { class: "loaded" });
  let latest = 0;
  const load = async (): Promise<void> => {
    latest += 1;
    const own = latest;
    element.setAttribute("aria-busy", "true");
    fill(element, h("p", { class: "loading" }, waiting));
    let content: Child;
    try {
      content = await work();
    } catch (error) {
      content = failureView(toFailure(error), reload);
    }
    if (own !== latest) return;
    element.removeAttribute("aria-busy");
    fill(element, content);
  };
  const reload = (): void => void load();
  reload();
  return { element, reload };
};
