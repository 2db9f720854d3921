/** RFC 3339 in UTC with seconds, as statements have it. */
export const toStatementTime = (time: Date): string => `${time.toISOString().slice(0, 19)}Z`;
