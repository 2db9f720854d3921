import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import { BadRequestSchema } from "#gen/google/rpc/error_details_pb.ts";
import { detailsOf, page, RpcError } from "#mesh";

const secret = new Uint8Array(randomBytes(32));
const items = Array.from({ length: 120 }, (_, n) => n);
const request = { list: "ledger/contoso", pageSize: 0, pageToken: "", secret };

const invalidToken = (error: unknown): boolean =>
  error instanceof RpcError &&
  error.status === Code.InvalidArgument &&
  error.reason === "PAGE_TOKEN_INVALID" &&
  detailsOf(error, BadRequestSchema)[0]?.fieldViolations[0]?.field === "page_token";

test("pages cover the list without gap or overlap, and an empty token is the only end", () => {
  for (const pageSize of [0, 1, 7, 119, 120, 121, 5000]) {
    const seen: number[] = [];
    let pageToken = "";
    do {
      const next = page(items, { ...request, pageSize, pageToken });
      seen.push(...next.items);
      pageToken = next.nextPageToken;
    } while (pageToken !== "");
    assert.deepEqual(seen, items, `page size ${pageSize}`);
  }
});

test("a list that grows at its end goes on where it was", () => {
  const { nextPageToken } = page(items, { ...request, pageSize: 100 });
  const rest = page([...items, 120, 121], { ...request, pageSize: 100, pageToken: nextPageToken });
  assert.deepEqual(rest.items.slice(0, 1), [100]);
  assert.equal(rest.items.length, 22);
  assert.equal(page([], { ...request }).nextPageToken, "");
});

test("a token altered in any byte, cut, extended or padded is refused", () => {
  const { nextPageToken } = page(items, { ...request, pageSize: 10 });
  const bytes = Buffer.from(nextPageToken, "base64url");
  for (let at = 0; at < bytes.length; at++) {
    const altered = Buffer.from(bytes);
    altered[at] = (altered[at] ?? 0) ^ 1;
    const pageToken = altered.toString("base64url");
    assert.throws(() => page(items, { ...request, pageToken }), invalidToken, `byte ${at}`);
  }
  for (const pageToken of [nextPageToken.slice(0, -4), `${nextPageToken}AAAA`, `${nextPageToken}=`, "50", " "])
    assert.throws(() => page(items, { ...request, pageToken }), invalidToken, pageToken);
});

test("a token of another list or of another server is refused", () => {
  const { nextPageToken: pageToken } = page(items, { ...request, pageSize: 10 });
  assert.throws(() => page(items, { ...request, pageToken, list: "ledger/fabrikam" }), invalidToken);
  assert.throws(() => page(items, { ...request, pageToken, secret: new Uint8Array(randomBytes(32)) }), invalidToken);
});
