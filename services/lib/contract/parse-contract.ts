// Two ways in, one contract: YAML as people write it, canonical JSON as owners sign it.

import { canonicalJson, parseCanonicalJson, sha256, toHex } from "#sealing";
import { checkContract } from "./check-contract.ts";
import { malformed, type Problem } from "./contract-error.ts";
import { contractSchema } from "./contract-schema.ts";
import type { Contract } from "./contract.ts";
import { readYaml } from "./read-yaml.ts";
import { placed, readStructure, type PlacedProblem } from "./structure.ts";

// Twice the longest YAML text: canonical JSON puts quotes around names of one letter, and no more than that.
const MAXIMUM_PAYLOAD = 1 << 19;

/**
 * Parses a contract written as YAML 1.2 (core schema; no anchors, aliases, tags, directives, duplicate keys or dates).
 *
 * @throws ContractError CONTRACT_MALFORMED with every problem, its line and its column
 */
export function parseContractYaml(text: string): Contract {
  const yaml = readYaml(text);
  if (yaml.problems !== undefined) throw contractMalformed(yaml.problems);
  const read = readContract(yaml.value);
  if (read.problems === undefined) return read.value;
  throw contractMalformed(read.problems.map((found) => ({ ...found, ...yaml.positionOf(found.keys) })));
}

/**
 * Parses a contract's payload: canonical JSON, 512 KiB at most.
 *
 * @throws ContractError CONTRACT_MALFORMED with every problem
 */
export function parseContract(payload: Uint8Array): Contract {
  return toContract(parsePayload(payload));
}

/**
 * Validates a value that came from elsewhere, such as a filled-in template.
 *
 * @throws ContractError CONTRACT_MALFORMED with every problem
 */
export function toContract(value: unknown): Contract {
  const read = readContract(value);
  if (read.problems === undefined) return read.value;
  throw contractMalformed(read.problems);
}

/** The bytes that are signed and hashed: RFC 8785. */
export function contractPayload(contract: Contract): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(canonicalJson(contract));
}

/** `sha256:` and the digest of a contract's payload: how everyone refers to it. */
export async function contractDigest(payload: Uint8Array): Promise<string> {
  return `sha256:${toHex(await sha256(payload))}`;
}

function readContract(value: unknown): ReturnType<typeof readStructure<Contract>> {
  const read = readStructure(contractSchema, value);
  if (read.problems !== undefined) return read;
  const problems = checkContract(read.value);
  return problems.length > 0 ? { problems } : read;
}

function parsePayload(payload: Uint8Array): unknown {
  if (payload.length > MAXIMUM_PAYLOAD) {
    throw contractMalformed([placed([], `payload is ${payload.length} bytes, want ${MAXIMUM_PAYLOAD} at most`)]);
  }
  try {
    return parseCanonicalJson(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload));
  } catch (cause) {
    // Not UTF-8, not JSON, not canonical, or nested beyond what can be canonicalised.
    throw malformed("CONTRACT_MALFORMED", "contract", [placed([], "payload is not canonical json")], { cause });
  }
}

function contractMalformed(problems: readonly (PlacedProblem & Partial<Problem>)[]) {
  return malformed("CONTRACT_MALFORMED", "contract", problems.map(toProblem));
}

function toProblem({ path, message, line, column }: Problem): Problem {
  return line === undefined || column === undefined ? { path, message } : { path, message, line, column };
}
