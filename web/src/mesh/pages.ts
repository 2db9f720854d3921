const MOST_PAGES = 50;

/** Collects the pages of a list, 200 items each, and says whether there would have been more. */
export const allPages = async <Page extends { readonly nextPageToken: string }, Item>(
  fetchPage: (request: { readonly pageSize: number; readonly pageToken: string }) => Promise<Page>,
  itemsOf: (page: Page) => readonly Item[],
): Promise<{ readonly items: readonly Item[]; readonly isWhole: boolean }> => {
  const items: Item[] = [];
  let pageToken = "";
  for (let count = 0; count < MOST_PAGES; count += 1) {
    const page = await fetchPage({ pageSize: 200, pageToken });
    items.push(...itemsOf(page));
    pageToken = page.nextPageToken;
    if (pageToken === "") return { items, isWhole: true };
  }
  return { items, isWhole: false };
};
