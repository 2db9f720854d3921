import type { TargetClients } from "../mesh/clients.ts";
import type { Topology } from "../mesh/topology.ts";
import type { KnownContract } from "../proof/known-contract.ts";

/** What every pane of the page works with. */
export interface MeshView {
  readonly topology: Topology;
  readonly contracts: readonly KnownContract[];
  readonly clients: (label: string) => TargetClients;
  /** Keeps what a reload of the page takes up again. */
  readonly session: Pick<Storage, "getItem" | "setItem" | "removeItem">;
}
