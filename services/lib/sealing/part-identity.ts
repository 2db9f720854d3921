import { SealingError } from "./errors.ts";

/** The form of a dataset's name: `<party>/<name>`. */
export const DATASET = /^[a-z][a-z0-9-]{0,62}\/[a-z][a-z0-9-]{0,62}$/;

/** Which file of which dataset version. */
export interface PartIdentity {
  /** `<party>/<name>`. */
  readonly dataset: string;
  readonly version: number;
  /** Number of the file, from 0. */
  readonly part: number;
  /** How many files the dataset version has. */
  readonly parts: number;
}

/**
 * Throws unless the numbers can be those of a part.
 *
 * @throws SealingError SCHEMA_INVALID
 */
export const checkPartIdentity = ({ dataset, version, part, parts }: PartIdentity): void => {
  if (!DATASET.test(dataset))
    throw new SealingError("SCHEMA_INVALID", `dataset is ${JSON.stringify(dataset)}, want <party>/<name>`);
  if (!Number.isSafeInteger(version) || version < 1)
    throw new SealingError("SCHEMA_INVALID", `version is ${version}, want 1 or more`);
  if (!Number.isSafeInteger(parts) || !Number.isSafeInteger(part) || part < 0 || part >= parts)
    throw new SealingError("SCHEMA_INVALID", `part is ${part} of ${parts}`);
};

/**
 * The AAD prefix of a part: it is bound into every module and never stored, so that no file passes as another.
 */
export const aadPrefix = ({ dataset, version, part, parts }: PartIdentity): string =>
  `seal/${dataset}/${version}/${part}/${parts}`;

/** The id of a class key: `<dataset>/<version>/<class>`. */
export const masterKeyId = (options: {
  readonly dataset: string;
  readonly version: number;
  readonly class: string;
}): string => `${options.dataset}/${options.version}/${options.class}`;

/**
 * The OAEP label under which a data key is wrapped, so that a wrapped key cannot pass as another column's.
 *
 * @param options.column name of the column, or `footer` for the footer's key
 */
export const dataKeyLabel = (options: {
  readonly masterKeyId: string;
  readonly part: number;
  readonly column: string;
}): string => `${options.masterKeyId}/${options.part}/${options.column}`;
