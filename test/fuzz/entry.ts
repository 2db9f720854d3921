// What jazzer.js calls, in the plain copy.
import type { FuzzTarget } from "./target.ts";

const { target }: { readonly target: FuzzTarget } = await import(`./targets/${process.env["SEALMESH_FUZZ_TARGET"]}.js`);

/** Runs the target on a copy of the bytes: the fuzzer uses their memory again. */
export const fuzz = (data: Uint8Array): void | Promise<void> => target.run(Uint8Array.from(data));
