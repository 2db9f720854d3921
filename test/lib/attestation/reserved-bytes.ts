/** Bytes of a report that must be zero in every version: offset of the first and behind the last, written from the table of AMD 56860. */
export const reservedBytes = [
  [0x4c, 0x50],
  [0x18b, 0x1a0],
  [0x1eb, 0x1ec],
  [0x1ef, 0x1f0],
  [0x208, 0x2a0],
  [0x2d0, 0x2e8],
  [0x318, 0x4a0],
] as const;
