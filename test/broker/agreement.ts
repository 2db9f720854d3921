// What most tests of the broker begin with: the owners have signed, the broker holds the contract, the workload runs.
import { openWorkload, type Workload } from "./asking.ts";
import { openBroker, type BrokerUnderTest } from "./broker-under-test.ts";
import { openScene, type Scene } from "./scene.ts";
import { activate, contractOf } from "./small-contract.ts";

export interface Agreement {
  readonly scene: Scene;
  readonly broker: BrokerUnderTest;
  readonly workload: Workload;
  /** Of the contract `analysis`, in force. */
  readonly digest: string;
  close(): Promise<void>;
}

export const openAgreement = async (): Promise<Agreement> => {
  const scene = await openScene();
  const broker = await openBroker(scene);
  const workload = await openWorkload(scene);
  const digest = await activate(broker, scene, contractOf(scene, "analysis"));
  const close = async (): Promise<void> => {
    await broker.close();
    scene.close();
  };
  return { scene, broker, workload, digest, close };
};
