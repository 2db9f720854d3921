// Reports with a field changed after they were signed. Offsets: AMD 56860, table ATTESTATION_REPORT.
const HOST_DATA = 0xc0;

/** A copy of a report that says other host data, in hex. */
export const forgeReport = (report: Uint8Array, { hostData }: { readonly hostData: string }): Uint8Array => {
  const forged = report.slice();
  forged.set(Buffer.from(hostData, "hex"), HOST_DATA);
  return forged;
};
