// Sealing on Node: ciphers, key wrapping, keys in files, and tables to and from files.
export { createClassKeys, openClassKeys, spkiSha256Hex } from "./class-keys.ts";
export { openDurablyForAppend, writeDurably } from "./durable-file.ts";
export { unwrapKeyHsm, wrapKeyHsm } from "./key-hsm.ts";
export { nodeCipher, nodeZstd } from "./node-cipher.ts";
export { rsaPublicKey, unwrapKeyOaep, wrapKeyOaep } from "./oaep.ts";
export { partFileName, sealTable } from "./seal-table.ts";
export { createSigningKey, openSigner, signerOf } from "./signing-keys.ts";
export { unsealFile } from "./unseal-file.ts";

export type { ClassKeyStore, ClassPublicKey } from "./class-keys.ts";
export type { KeyHsm } from "./key-hsm.ts";
export type { SealTableOptions } from "./seal-table.ts";
export type { Signer } from "./signing-keys.ts";
export type { UnsealFileOptions, WithPrivateKey } from "./unseal-file.ts";
