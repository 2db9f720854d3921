// Connect-Web clients of what lies behind the gateway.
import type { DescService } from "@bufbuild/protobuf";
import { createClient, type Client } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { Analytics } from "#gen/sealmesh/analytics/v1alpha1/analytics_pb.ts";
import { Attestation } from "#gen/sealmesh/attestation/v1alpha1/attestation_pb.ts";
import { KeyBroker } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import { DataProvider } from "#gen/sealmesh/provider/v1alpha1/provider_pb.ts";
import { Snooper } from "#gen/sealmesh/snooper/v1alpha1/snooper_pb.ts";

/** Clients of one target. */
export interface TargetClients {
  readonly attestation: Client<typeof Attestation>;
  readonly provider: Client<typeof DataProvider>;
  readonly broker: Client<typeof KeyBroker>;
  readonly analytics: Client<typeof Analytics>;
  readonly snooper: Client<typeof Snooper>;
}

/** Clients of the target with this label. */
export const clientsOf = (origin: string, label: string): TargetClients => {
  const transport = createConnectTransport({ baseUrl: `${origin}/mesh/${label}`, useBinaryFormat: true });
  const client = <S extends DescService>(service: S): Client<S> => createClient(service, transport);
  return {
    attestation: client(Attestation),
    provider: client(DataProvider),
    broker: client(KeyBroker),
    analytics: client(Analytics),
    snooper: client(Snooper),
  };
};
