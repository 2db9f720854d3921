import { X509Certificate } from "node:crypto";
import { openCollateralFolder } from "#platform";
import { signingKeys } from "./simulated-chip.ts";
import type { SimulatedPki } from "./simulated-pki.ts";

/** Publishes the chain and the CRL of a machine in a folder, under the names by which an offline client of AMD's service finds them. */
export const publishCollateral = async (pki: SimulatedPki, folder: string): Promise<void> => {
  const { machine } = pki.signer();
  const store = openCollateralFolder(folder);
  const chain = await pki.chain(machine.signer);
  const pem = chain.map((der) => new X509Certificate(der).toString()).join("");
  await store.put(`/${machine.signer}/v1/${pki.product}/cert_chain`, new TextEncoder().encode(pem));
  const crl = pki.crl();
  for (const signer of signingKeys) await store.put(`/${signer}/v1/${pki.product}/crl`, crl);
};
