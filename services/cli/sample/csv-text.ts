/** One line of CSV (RFC 4180), with its line end: cells that need it are quoted. */
export const stringify = (cells: readonly string[]): string =>
  `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",")}\n`;
