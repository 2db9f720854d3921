// A key request as the domain sees it: parsed once, every size checked.
import type { ReleaseKeysRequest, WrappedDataKey } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import { BrokerError } from "./broker-error.ts";

const MOST_KEYS = 1_024;
/** RSA-3072: the only modulus that class keys have. */
const WRAPPED_BYTES = 384;

/** One data key that is asked for. */
export interface KeyRequest {
  /** `<party>/<name>`. */
  readonly dataset: string;
  /** From 0. */
  readonly part: number;
  /** A column, or `footer`: no column is called so. */
  readonly column: string;
  /** `<dataset>/<version>/<class>`. */
  readonly masterKeyId: string;
  /** RSA-OAEP of the data key: 384 bytes. */
  readonly wrapped: Uint8Array;
}

const malformed = (index: number, problem: string): BrokerError =>
  new BrokerError("KEY_REQUEST_MALFORMED", `key ${index}: ${problem}`, { index, problem });

const columnOf = ({ target }: WrappedDataKey, index: number): string => {
  switch (target.case) {
    case "column":
      if (target.value === "" || target.value === "footer") throw malformed(index, "no column has this name");
      return target.value;
    case "footer":
      return "footer";
    case undefined:
      throw malformed(index, "neither a column nor the footer is named");
  }
};

/**
 * Parses the keys of a request.
 *
 * @throws {BrokerError} KEY_REQUEST_MALFORMED
 */
export const keyRequestsOf = ({ keys, reservations }: ReleaseKeysRequest): readonly KeyRequest[] => {
  if (reservations.length > 0) {
    throw new BrokerError("KEY_REQUEST_MALFORMED", "reservations are not taken yet", { problem: "reservations" });
  }
  if (keys.length < 1 || keys.length > MOST_KEYS) {
    throw new BrokerError("KEY_REQUEST_MALFORMED", `${keys.length} keys are asked for, want 1 to ${MOST_KEYS}`, {
      keys: keys.length,
    });
  }
  return keys.map((key, index) => {
    if (key.wrappedKey.length !== WRAPPED_BYTES) {
      throw malformed(index, `the wrapped key is ${key.wrappedKey.length} bytes, want ${WRAPPED_BYTES}`);
    }
    return {
      dataset: key.dataset,
      part: key.part,
      column: columnOf(key, index),
      masterKeyId: key.masterKeyId,
      wrapped: key.wrappedKey.slice(),
    };
  });
};
