// Pages of a list, AIP-158: an opaque token that only this server can make, bound to the list that it was made for.
import { createHmac, timingSafeEqual } from "node:crypto";
import { Code } from "@connectrpc/connect";
import { BadRequestSchema } from "#gen/google/rpc/error_details_pb.ts";
import { errorDetail, meshError, type RpcError } from "./rpc-error.ts";

/** What a caller asks for, and what the server knows. */
export interface PageRequest {
  /** Which list this is, with its filter: `ledger/contoso`. A token of another list is refused. */
  readonly list: string;
  /** At most this many items; 0 leaves it to the server. */
  readonly pageSize: number;
  /** Empty for the first page. */
  readonly pageToken: string;
  /** At least 32 random bytes, of this server alone. */
  readonly secret: Uint8Array;
}

/** One page. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

const DEFAULT_SIZE = 50;
const MAX_SIZE = 200;
const OFFSET_BYTES = 6;
const TAG_BYTES = 16;

const invalidToken = (): RpcError => {
  const field = "page_token";
  const description = "the page token is not one of this list";
  return meshError("PAGE_TOKEN_INVALID", Code.InvalidArgument, description, {
    metadata: { field },
    details: [errorDetail(BadRequestSchema, { fieldViolations: [{ field, description }] })],
  });
};

const tagOf = (offset: Uint8Array, { list, secret }: PageRequest): Buffer =>
  createHmac("sha256", secret)
    .update("sealmesh/page-token/v1\0")
    .update(offset) // of fixed length: what follows can only be the list
    .update(list)
    .digest()
    .subarray(0, TAG_BYTES);

const toToken = (next: number, request: PageRequest): string => {
  const offset = Buffer.alloc(OFFSET_BYTES);
  offset.writeUIntBE(next, 0, OFFSET_BYTES);
  return Buffer.concat([offset, tagOf(offset, request)]).toString("base64url");
};

const toOffset = (request: PageRequest): number => {
  if (request.pageToken === "") return 0;
  const bytes = Buffer.from(request.pageToken, "base64url");
  const offset = bytes.subarray(0, OFFSET_BYTES);
  const exact = bytes.length === OFFSET_BYTES + TAG_BYTES && bytes.toString("base64url") === request.pageToken;
  if (!exact || !timingSafeEqual(bytes.subarray(OFFSET_BYTES), tagOf(offset, request))) throw invalidToken();
  return offset.readUIntBE(0, OFFSET_BYTES);
};

/**
 * Cuts a page out of a list. Offsets count from the start, so that a list which only grows at its end pages without gaps.
 *
 * @throws {RpcError} PAGE_TOKEN_INVALID
 */
export const page = <T>(items: readonly T[], request: PageRequest): Page<T> => {
  const start = toOffset(request);
  const end = start + Math.min(request.pageSize === 0 ? DEFAULT_SIZE : request.pageSize, MAX_SIZE);
  return { items: items.slice(start, end), nextPageToken: end < items.length ? toToken(end, request) : "" };
};
