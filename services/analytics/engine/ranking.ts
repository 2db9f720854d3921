/** The value of a grouping in a row; `party` is not among them. */
export type Name = string | number;

/** What lists are ordered by. */
export interface Ranked {
  readonly count: number;
  readonly names: readonly Name[];
}

/**
 * The order of groups in a list: count descending, then names ascending by code point, the first grouping first. A number
 * is compared as its decimal text: also for numbers the order is that of names.
 */
export function compareRank(a: Ranked, b: Ranked): number {
  if (a.count !== b.count) return b.count - a.count;
  for (const [index, name] of a.names.entries()) {
    const order = compareCodePoints(String(name), String(b.names[index]));
    if (order !== 0) return order;
  }
  return 0;
}

/** Compares text by code point. UTF-16, the order of `<`, has U+10000 and above before U+E000. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return rankOfUnit(left) - rankOfUnit(right);
  }
  return a.length - b.length;
}

// Surrogates stand for code points above all others.
function rankOfUnit(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit;
}
