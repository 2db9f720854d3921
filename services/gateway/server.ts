// The HTTP server that browsers see: the page, and the mesh behind `/mesh/<label>/`.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import type { DescService } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import sirv from "sirv";
import { forward } from "./forward.ts";

const READ_MAX_BYTES = 1024 * 1024;

/** A service of the mesh that browsers may reach. */
export interface ForwardedService {
  /** `contoso/broker`. */
  readonly label: string;
  readonly service: DescService;
  readonly client: Client<DescService>;
}

const securityHeaders: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/**
 * Makes the server; it does not listen yet.
 *
 * @param options.description what `/mesh/topology.json` answers: names and paths, nothing that is to be trusted
 */
export const createGatewayServer = (options: {
  readonly page: string;
  readonly description: unknown;
  readonly services: readonly ForwardedService[];
}): Server => {
  const page = sirv(options.page, { dev: false, etag: true });
  const labels = [...new Set(options.services.map(({ label }) => label))];
  const adapters = labels.map((label) => {
    const prefix = `/mesh/${label}`;
    const handle = connectNodeAdapter({
      requestPathPrefix: prefix,
      readMaxBytes: READ_MAX_BYTES,
      connect: true,
      grpc: false,
      grpcWeb: true,
      acceptCompression: [],
      routes: (router) => {
        for (const { service, client } of options.services.filter((entry) => entry.label === label))
          forward(router, service, client);
      },
    });
    return { prefix: `${prefix}/`, handle };
  });
  const description = JSON.stringify(options.description);

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    const { pathname } = new URL(request.url ?? "/", "http://gateway");
    if (pathname === "/mesh/topology.json") {
      response.writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-store" }).end(description);
      return;
    }
    const adapter = adapters.find(({ prefix }) => pathname.startsWith(prefix));
    if (adapter !== undefined) {
      adapter.handle(request, response);
      return;
    }
    page(request, response, () => {
      response.writeHead(404, { "Content-Type": "text/plain" }).end("not found\n");
    });
  };
  return createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, handle);
};
