// YAML 1.2 core schema, cut down to what JSON can say, so that a contract has one reading. The lexer's tokens are
// judged first: a text that
// nests without end or repeats itself through aliases is refused before anything is built from it.

import {
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  parseDocument,
  type Node,
  type ParsedNode,
  type YAMLError,
} from "yaml";
import type { PathKey } from "./json-path.ts";
import { MAXIMUM_DEPTH, MAXIMUM_PROBLEMS, placed, type PlacedProblem } from "./structure.ts";

/** Longest text, in UTF-16 code units; a contract of three parties is some 4,000. */
const MAXIMUM_TEXT = 1 << 18;
// A block collection starts at least one column right of the collection that holds it.
const MAXIMUM_INDENT = 64;
const INTEGER = /^(?:0|-?[1-9][0-9]*)$/;
// The lexer marks with these what has no character in the text (yaml's CST: BOM, document, flow error, scalar).
const BOM = "\ufeff";
const DOCUMENT = "\u0002";
const FLOW_END = "\u0018";
const SCALAR = "\u001f";

/** Where a value stands in the text, from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The value of a text and where its parts stand; or why it is refused. */
export type YamlText =
  | { readonly value: unknown; positionOf(keys: readonly PathKey[]): Position; readonly problems?: never }
  | { readonly problems: readonly (PlacedProblem & Position)[] };

/**
 * Reads one YAML document: no anchors, aliases, tags, directives, duplicate keys, dates, or numbers but decimal
 * integers.
 */
export function readYaml(text: string): YamlText {
  if (text.length > MAXIMUM_TEXT) {
    const message = `text is ${text.length} characters, want ${MAXIMUM_TEXT} at most`;
    return { problems: [{ ...placed([], message), line: 1, column: 1 }] };
  }
  const refused = refuseTokens(text);
  if (refused !== undefined) return { problems: [refused] };
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: "1.2",
    schema: "core",
    merge: false,
    strict: true,
    stringKeys: true,
    resolveKnownTags: false,
    // The parser compares every key with every other; walk() below does it with a set.
    uniqueKeys: false,
    prettyErrors: false,
    // Not "silent": that would also pass over a second document in silence.
    logLevel: "error",
    lineCounter: lines,
  });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const faults = [...document.errors, ...document.warnings].slice(0, MAXIMUM_PROBLEMS);
  if (faults.length > 0) {
    return {
      problems: faults.map((fault) => ({ ...placed([], wording(fault)), ...at(fault.pos[0]) })),
    };
  }
  const found: (PlacedProblem & Position)[] = [];
  const value = walk(document.contents, [], (keys, offset, message) =>
    found.push({ ...placed(keys, message), ...at(offset) }),
  );
  return found.length > 0
    ? { problems: found.slice(0, MAXIMUM_PROBLEMS) }
    : { value, positionOf: (keys) => at(offsetOf(document.contents, keys)) };
}

function refuseTokens(text: string): (PlacedProblem & Position) | undefined {
  let [line, column, depth] = [1, 1, 0];
  let scalar = false;
  for (const token of new Lexer().lex(text)) {
    const message = scalar ? undefined : tokenRefusal(token, { column, depth });
    if (message !== undefined) return { ...placed([], message), line, column };
    if (!scalar && (token === "[" || token === "{")) depth += 1;
    if (!scalar && (token === "]" || token === "}")) depth -= 1;
    scalar = token === SCALAR;
    if (token === BOM || token === DOCUMENT || token === FLOW_END || token === SCALAR) continue;
    const lastBreak = token.lastIndexOf("\n");
    column = lastBreak === -1 ? column + token.length : token.length - lastBreak;
    if (lastBreak !== -1) line += token.split("\n").length - 1;
  }
  return undefined;
}

function tokenRefusal(
  token: string,
  { column, depth }: { readonly column: number; readonly depth: number },
): string | undefined {
  switch (token.charAt(0)) {
    case "&":
      return `anchor ${token} is not allowed`;
    case "*":
      return `alias ${token} is not allowed`;
    case "!":
      return `tag ${token} is not allowed`;
    case "%":
      return `directive ${token} is not allowed`;
    case "[":
    case "{":
      return depth >= MAXIMUM_DEPTH ? `nested deeper than ${MAXIMUM_DEPTH}` : undefined;
    case "]":
    case "}":
      return depth === 0 ? `${token} closes nothing` : undefined;
    case "-":
    case "?":
      return depth === 0 && column > MAXIMUM_INDENT ? `indented by more than ${MAXIMUM_INDENT} columns` : undefined;
    case " ":
      return depth === 0 && column === 1 && token.length > MAXIMUM_INDENT
        ? `indented by more than ${MAXIMUM_INDENT} columns`
        : undefined;
    default:
      return undefined;
  }
}

type Report = (keys: readonly PathKey[], offset: number, message: string) => void;

function walk(node: Node | null, keys: readonly PathKey[], report: Report): unknown {
  const offset = node?.range?.[0] ?? 0;
  if (isMap<ParsedNode, ParsedNode | null>(node)) {
    const members = new Map<string, unknown>();
    for (const { key, value } of node.items) {
      // stringKeys: the parser has refused every other key.
      const name = isScalar(key) ? String(key.value) : "";
      if (members.has(name)) report([...keys, name], key.range[0], `${name} is here twice`);
      members.set(name, walk(value, [...keys, name], report));
    }
    return Object.fromEntries(members);
  }
  if (isSeq<ParsedNode | null>(node)) return node.items.map((item, index) => walk(item, [...keys, index], report));
  if (!isScalar(node)) return null;
  if (typeof node.value === "number" && !INTEGER.test(node.source ?? "")) {
    report(keys, offset, `${node.source} is not a decimal integer; quote it if it is text`);
  }
  return node.value;
}

function offsetOf(root: ParsedNode | null, keys: readonly PathKey[]): number {
  let node: ParsedNode | null = root;
  let offset = root?.range[0] ?? 0;
  for (const key of keys) {
    if (isMap<ParsedNode, ParsedNode | null>(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
      // A missing member is reported where its owner stands.
      if (pair === undefined) return offset;
      offset = pair.value?.range[0] ?? pair.key.range[0];
      node = pair.value;
    } else if (isSeq<ParsedNode | null>(node) && typeof key === "number") {
      const item: ParsedNode | null = node.items[key] ?? null;
      if (item === null) return offset;
      [node, offset] = [item, item.range[0]];
    } else {
      return offset;
    }
  }
  return offset;
}

function wording({ code, message }: YAMLError): string {
  if (code === "MULTIPLE_DOCS") return "a second document, want one";
  return message.charAt(0).toLowerCase() + message.slice(1);
}
