/** A TLS key with its certificate, PEM. */
export interface ClientIdentity {
  readonly key: string;
  readonly certificate: string;
}

/** How a peer must prove itself on the connection; or that TLS is stripped, and why. */
export type TargetTls =
  | {
      /** The CA that the peer's certificate must chain to, PEM. */
      readonly ca: string;
      /** Our own certificate; without it we are a stranger. */
      readonly identity?: ClientIdentity;
      /** SHA-256 of the SubjectPublicKeyInfo that the peer must present on every connection: 32 bytes. */
      readonly spkiSha256?: Uint8Array;
    }
  | { readonly off: string };

/** Where a peer is, and who it must be. */
export interface MeshTarget {
  /** Host and port: `127.0.0.1:7443`. Says nothing about who answers there. */
  readonly address: string;
  /** The name that the peer's certificate must carry. */
  readonly serverName: string;
  /** How the peer is called in errors; `serverName` by default. */
  readonly label?: string;
  readonly tls: TargetTls;
}

/** How a peer is called in errors. */
export const labelOf = (target: MeshTarget): string => target.label ?? target.serverName;
