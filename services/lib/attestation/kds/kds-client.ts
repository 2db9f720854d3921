// A client of AMD's Key Distribution Service. The service throttles each caller to about one VCEK in ten seconds, so what it gave is
// kept, and nothing is asked twice at once. What comes back is not trusted: it is verified on every use, like any other certificate.
import { AttestationError } from "../attestation-error.ts";
import { type Certificate, parseCertificate } from "../certificates/certificate.ts";
import { type CertificateRevocationList, parseCrl } from "../certificates/certificate-revocation-list.ts";
import { roleOf, type Signer } from "../certificates/roles.ts";
import { type Bytes, copyOf } from "../encoding/bytes.ts";
import { certificatesFrom } from "../encoding/pem.ts";
import type { Product } from "../report/product.ts";
import type { AttestationReport } from "../report/report.ts";
import { requestKds, type RequestOptions, unavailable } from "./kds-request.ts";
import { chainPath, crlPath, KDS, vcekPath } from "./kds-urls.ts";
import { isVcekOf } from "./vcek-of-report.ts";

/** Keeps what the service gave, by path: product, chip and every SPL are in it. */
export interface CollateralStore {
  /** The bytes that were put, or `null`. */
  get(path: string): Promise<Uint8Array | null>;
  put(path: string, bytes: Uint8Array): Promise<void>;
}

/** What the client needs of its surroundings. */
export interface KdsOptions extends RequestOptions {
  readonly store: CollateralStore;
  /** Where the service is; AMD's own unless given (a proxy, for browsers; a simulated one). */
  readonly base?: string;
}

/** A revocation list, and whether it is the one that the service has now. */
export interface ObtainedCrl {
  /** DER. */
  readonly der: Bytes;
  /** Why a kept list past its nextUpdate stands in for the service's; `null` when none does. */
  readonly notRenewed: AttestationError | null;
}

/** AMD's Key Distribution Service. Every method throws COLLATERAL_UNAVAILABLE when it gives no usable answer in time. */
export interface KdsClient {
  /**
   * The VCEK of a report, DER; never that of another chip or TCB. Throws EVIDENCE_COLLATERAL_IMPOSSIBLE for a VLEK and a masked chip,
   * and what `vcekPath` throws.
   */
  vcek(report: AttestationReport, product: Product): Promise<Bytes>;
  /** The intermediate and the root, DER. */
  chain(product: Product, signer: Signer): Promise<readonly Bytes[]>;
  /** The CRL of the product's root: kept until its nextUpdate, then asked for anew. */
  crl(product: Product, signer: Signer): Promise<ObtainedCrl>;
}

/** One is asked after the other, and each may take minutes: whoever would wait behind more than these is told at once. */
const MAX_WAITING = 64;

/** Creates a client. */
export function createKdsClient(options: KdsOptions): KdsClient {
  const { base = KDS, store, now } = options;
  const underWay = new Map<string, Promise<Bytes>>();
  // One after the other: the service counts requests of a caller, whatever they are for.
  let last: Promise<unknown> = Promise.resolve();

  const ask = (path: string): Promise<Bytes> => {
    const open = underWay.get(path);
    if (open !== undefined) return open;
    if (underWay.size >= MAX_WAITING) throw unavailable(path, `${MAX_WAITING} other requests are waiting`);
    const answer = last.then(() => requestKds(base, path, options));
    last = answer.catch(() => undefined);
    underWay.set(path, answer);
    const forget = () => underWay.delete(path);
    answer.then(forget, forget);
    return answer;
  };

  /** What is kept, `null` when there is nothing that can be read. */
  const keptOf = async <Value>(path: string, read: (bytes: Bytes) => Value): Promise<Value | null> => {
    const kept = await store.get(path).catch((cause: unknown) => {
      throw unavailable(path, "what is kept cannot be reached", { cause });
    });
    try {
      return kept === null ? null : read(copyOf(kept));
    } catch (error) {
      if (error instanceof AttestationError) return null;
      throw error;
    }
  };

  /** What is kept and still fits, else what the service gives, which is then kept. */
  const obtain = async <Value>(
    path: string,
    read: (bytes: Bytes) => Value,
    fits: (value: Value) => boolean,
  ): Promise<Value> => {
    const kept = await keptOf(path, read);
    if (kept !== null && fits(kept)) return kept;
    const bytes = await ask(path);
    let given: Value;
    try {
      given = read(bytes);
    } catch (cause) {
      if (!(cause instanceof AttestationError)) throw cause;
      throw unavailable(path, "its answer is not what was asked for", { cause });
    }
    await store.put(path, bytes).catch((cause: unknown) => {
      throw unavailable(path, "its answer cannot be kept", { cause });
    });
    return given;
  };

  return {
    async vcek(report, product) {
      const path = vcekPath(report, product);
      const read = (bytes: Bytes) => vcekOf(bytes, report, product);
      const { der } = await obtain(path, read, ({ notAfter }) => now() <= notAfter);
      return der;
    },
    async chain(product, signer) {
      const path = chainPath(product, signer);
      return obtain(
        path,
        (bytes) => chainOf(bytes, product, signer),
        () => true,
      );
    },
    async crl(product, signer) {
      const path = crlPath(product, signer);
      const isCurrent = ({ nextUpdate }: CertificateRevocationList) => now() <= nextUpdate;
      try {
        return { der: (await obtain(path, parseCrl, isCurrent)).der, notRenewed: null };
      } catch (error) {
        // What an old list revokes stays revoked: it is worth more than none.
        const old = error instanceof AttestationError ? await keptOf(path, parseCrl) : null;
        if (old === null || !(error instanceof AttestationError)) throw error;
        return { der: old.der, notRenewed: error };
      }
    },
  };
}

function vcekOf(bytes: Bytes, report: AttestationReport, product: Product): Certificate {
  const [certificate, ...more] = certificatesFrom(bytes).map((der) => parseCertificate(der));
  if (certificate === undefined || more.length > 0 || !isVcekOf(certificate, report, product)) {
    throw new AttestationError("CERTIFICATE_MALFORMED", "not the one VCEK of this chip and TCB");
  }
  return certificate;
}

function chainOf(bytes: Bytes, product: Product, signer: Signer): readonly Bytes[] {
  const certificates = certificatesFrom(bytes);
  const roles = certificates.map((der) => roleOf(parseCertificate(der)));
  const has = (role: string, kind: Signer | null) =>
    roles.some((one) => one.role === role && one.signer === kind && one.product === product);
  if (roles.length !== 2 || !has("intermediate", signer) || !has("root", null)) {
    throw new AttestationError("CERTIFICATE_MALFORMED", `not the two authorities of ${product}`);
  }
  return certificates;
}
