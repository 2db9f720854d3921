/** A member's name or an element's index. */
export type PathKey = string | number;

/** Writes keys as a JSON path: `$.datasets["contoso/employees"].classes.finance[0]`. */
export function jsonPath(keys: readonly PathKey[]): string {
  return keys.reduce<string>((path, key) => {
    if (typeof key === "number") return `${path}[${key}]`;
    return /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
  }, "$");
}

/** Writes keys as a JSON pointer (RFC 6901): `/anyOf/0/allOf/3`. */
export function jsonPointer(keys: readonly PathKey[]): string {
  return keys.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
