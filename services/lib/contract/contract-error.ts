import { jsonPath, type PathKey } from "./json-path.ts";

/** What is wrong with a contract, a statement or a result, by what the caller should do about it. */
export type ContractCode =
  /** The text or the payload is not a contract; `problems` lists everything that is wrong. */
  | "CONTRACT_MALFORMED"
  /** An envelope of a contract holds no usable statement of the kind asked for. */
  | "STATEMENT_MALFORMED"
  /** The signature of a statement is missing or wrong. */
  | "STATEMENT_UNSIGNED"
  /** The document is not a result. */
  | "RESULT_MALFORMED"
  /** Result, statement, claims and contract do not say the same. */
  | "RESULT_MISMATCH"
  /** The contract has no query of this name. */
  | "QUERY_UNKNOWN"
  /** The contract has no workload of this name. */
  | "WORKLOAD_UNKNOWN";

/** One thing that is wrong, and where. */
export interface Problem {
  /** JSON path, such as `$.queries.demographics.outputs[0].top`. */
  readonly path: string;
  /** What is wrong there, with the value found and the value wanted. */
  readonly message: string;
  /** Line in the YAML text, from 1; absent for canonical JSON. */
  readonly line?: number;
  /** Column in the YAML text, from 1; absent for canonical JSON. */
  readonly column?: number;
}

/** An error of contracts, statements and results. */
export class ContractError extends Error {
  override readonly name = "ContractError";
  readonly code: ContractCode;
  readonly data: { readonly problems: readonly Problem[] };

  constructor(code: ContractCode, message: string, problems: readonly Problem[] = [], options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.data = { problems };
  }
}

/** Makes one error of all problems: the first is in the message, all are in `data.problems`. */
export function malformed(
  code: "CONTRACT_MALFORMED" | "STATEMENT_MALFORMED" | "RESULT_MALFORMED",
  what: string,
  problems: readonly Problem[],
  options?: ErrorOptions,
): ContractError {
  const [first] = problems;
  if (first === undefined) return new ContractError(code, `${what} is malformed`, [], options);
  const place = first.line === undefined ? first.path : `${first.path} (line ${first.line}, column ${first.column})`;
  const rest = problems.length === 1 ? "" : `, and ${problems.length - 1} more`;
  return new ContractError(code, `${what} is malformed at ${place}: ${first.message}${rest}`, problems, options);
}

/** A problem at a place given by its keys. */
export function problem(keys: readonly PathKey[], message: string): Problem {
  return { path: jsonPath(keys), message };
}
