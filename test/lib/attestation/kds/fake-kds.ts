// A key distribution service over real HTTP on loopback, with what a test gives it to serve.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** One answer: bytes, or a status with headers. */
export type Served = Uint8Array | { readonly status: number; readonly headers?: Readonly<Record<string, string>> };

export interface FakeKds {
  readonly base: string;
  /** Paths in the order in which they were asked for. */
  readonly asked: readonly string[];
  close(): void;
}

/** Serves by path; each path's answers in turn, the last one for ever. Whatever is not served is 404. */
export async function openFakeKds(answers: Readonly<Record<string, readonly Served[]>>): Promise<FakeKds> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    const turn = asked.filter((one) => one === path).length;
    asked.push(path);
    const all = answers[path] ?? [];
    const answer = all[Math.min(turn, all.length - 1)] ?? { status: 404 };
    if (answer instanceof Uint8Array) response.writeHead(200).end(answer);
    else response.writeHead(answer.status, answer.headers).end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return { base: `http://127.0.0.1:${port}`, asked, close: () => server.close() };
}

/** Certificates as the service gives chains. */
export function pemOf(all: readonly Uint8Array[]): Uint8Array {
  const blocks = all.map((der) => {
    const lines =
      Buffer.from(der)
        .toString("base64")
        .match(/.{1,64}/g) ?? [];
    return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
  });
  return Buffer.from(blocks.join(""));
}
