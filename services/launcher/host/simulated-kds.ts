// AMD's key distribution service (AMD 57230 chapter 4) as it answers for one simulated machine: the same paths, forms and statuses.
import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { HostError } from "./host-error.ts";
import { type ChipTcb, tcbComponentsOf } from "./simulated-chip.ts";
import type { SimulatedPki } from "./simulated-pki.ts";

/** How the service treats its callers. */
export interface SimulatedKdsOptions {
  /** The least time between two VCEKs, in milliseconds; AMD's is about 10 seconds. Not limited unless given. */
  readonly vcekEveryMs?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** The service, to be called or to be listened to. */
export interface SimulatedKds {
  /** Answers as `fetch` does, for a client that is to meet no network. Only the URL's path and query are looked at. */
  fetch(url: string): Promise<Response>;
  /** Listens on the loopback interface; port 0 takes a free one. Throws HostError KDS_PORT_TAKEN. */
  listen(port: number): Promise<{ readonly port: number; close(): Promise<void> }>;
}

const failure = (status: number, why: string, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(`${why}\n`, { status, headers });

const der = (bytes: Uint8Array): Response =>
  new Response(new Uint8Array(bytes), { headers: { "content-type": "application/octet-stream" } });

const splNames: Readonly<Record<keyof ChipTcb, string>> = {
  fmc: "fmcSPL",
  bootLoader: "blSPL",
  tee: "teeSPL",
  snp: "snpSPL",
  microcode: "ucodeSPL",
};

/** The TCB of a query that has every component of the product once and nothing else; undefined for any other. */
const tcbOf = (pki: SimulatedPki, query: URLSearchParams): ChipTcb | undefined => {
  const components = tcbComponentsOf(pki.product);
  const values = components.map((component) => query.get(splNames[component]) ?? "");
  if (query.size !== components.length || !values.every((text) => /^\d{1,3}$/.test(text) && Number(text) <= 255))
    return undefined;
  const tcb = Object.fromEntries(components.map((component, index) => [component, Number(values[index])]));
  return tcb as unknown as ChipTcb; // every component of the product has its value
};

const PATH = /^\/(vcek|vlek)\/v1\/([A-Za-z]+)\/([a-z0-9_]+)$/;

const send = async (answer: Promise<Response>, to: ServerResponse): Promise<void> => {
  const { status, headers, body } = await answer;
  to.writeHead(status, Object.fromEntries(headers));
  for await (const chunk of body ?? []) to.write(chunk);
  to.end();
};

/** Makes the service for a machine. It knows that machine's product and chip, and no other. */
export const createSimulatedKds = (
  pki: SimulatedPki,
  { vcekEveryMs = 0, now = Date.now }: SimulatedKdsOptions = {},
): SimulatedKds => {
  let nextVcek = -Infinity;

  const vcek = async (hwId: string, query: URLSearchParams): Promise<Response> => {
    if (hwId !== Buffer.from(pki.signer().machine.hwId).toString("hex")) return failure(404, "no such chip");
    const tcb = tcbOf(pki, query);
    if (tcb === undefined) return failure(400, "want every SPL of the product");
    const wait = nextVcek - now();
    if (wait > 0) return failure(429, "too many requests", { "retry-after": `${Math.ceil(wait / 1000)}` });
    nextVcek = now() + vcekEveryMs;
    return der(await pki.vcek(tcb));
  };

  const answer = async (pathname: string, query: URLSearchParams): Promise<Response> => {
    const [, kind, product, what = ""] = PATH.exec(pathname) ?? [];
    if (product !== pki.product || (kind !== "vcek" && kind !== "vlek")) return failure(404, "not found");
    if (what === "crl") return der(pki.crl());
    if (what === "cert_chain") {
      const chain = await pki.chain(kind);
      return new Response(chain.map((certificate) => new X509Certificate(certificate).toString()).join(""));
    }
    // A VLEK is handed to its cloud provider alone.
    return kind === "vcek" ? vcek(what, query) : failure(404, "not found");
  };

  const get = (url: string): Promise<Response> => {
    const parsed = URL.parse(url, "https://kdsintf.amd.com");
    return parsed === null ? Promise.resolve(failure(400, "no URL")) : answer(parsed.pathname, parsed.searchParams);
  };

  return {
    fetch: get,
    async listen(port) {
      const server = createServer(({ method, url = "" }, response) => {
        const answered = method === "GET" ? get(url) : Promise.resolve(failure(405, "only GET"));
        void send(answered, response).catch(() => response.destroy());
      }).listen(port, "127.0.0.1");
      try {
        await once(server, "listening");
      } catch (cause) {
        throw new HostError(
          "KDS_PORT_TAKEN",
          `port ${port} for the simulated KDS is taken or not allowed`,
          {},
          { cause },
        );
      }
      const address = server.address();
      return {
        port: typeof address === "object" && address !== null ? address.port : port,
        async close() {
          server.closeAllConnections();
          await server[Symbol.asyncDispose]();
        },
      };
    },
  };
};
