import { Code, ConnectError } from "@connectrpc/connect";
import { parseStatement, statementTypes } from "#contract";
import type { ContractSource } from "../proof/find-contracts.ts";
import type { TargetClients } from "./clients.ts";
import { toEnvelope } from "./messages.ts";
import { allPages } from "./pages.ts";

/** The name in an activation as a broker's log has it; nothing is verified, for it only says what to ask for. */
const activatedName = (payload: Uint8Array): readonly string[] => {
  try {
    return [parseStatement("activation", payload).name];
  } catch {
    return [];
  }
};

/** A broker as a source of contracts. */
export const brokerSource = ({ broker }: Pick<TargetClients, "broker">): ContractSource => ({
  async getContract(reference) {
    try {
      const { contract } = await broker.getContract({ contract: reference });
      return toEnvelope(contract?.statement);
    } catch (error) {
      if (error instanceof ConnectError && error.code === Code.NotFound) return undefined;
      throw error;
    }
  },
  async listNames() {
    const { items } = await allPages(
      (request) => broker.listLedger(request),
      ({ entries }) => entries,
    );
    const activations = items.filter(({ statement }) => statement?.payloadType === statementTypes.activation);
    return [...new Set(activations.flatMap(({ statement }) => activatedName(statement?.payload ?? new Uint8Array())))];
  },
});
