// Numbers and digests as people read them.

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const one = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const units = ["B", "kB", "MB", "GB", "TB"] as const;

/** `1,234`. */
export const numberText = (value: number | bigint): string => whole.format(value);

/** `1.5`. */
export const decimalText = (value: number): string => one.format(value);

/** `1.5 MB`, in powers of 1000. */
export const sizeText = (bytes: number | bigint): string => {
  let value = Number(bytes);
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? numberText(value) : decimalText(value)} ${units[unit]}`;
};
