// What the simulated machine is: a Milan server as they are seen in the field.

/** TCB of certificate and report: boot loader, TEE, SNP firmware and microcode. */
export const simulatedTcb = { bootLoader: 4, tee: 0, snp: 24, microcode: 219 } as const;

/** SNP firmware that goes with that TCB. */
export const simulatedFirmware = { major: 1, minor: 55, build: 29 } as const;

/** CPUID of a Milan part. */
export const simulatedCpu = { family: 0x19, model: 0x01, stepping: 0x01 } as const;

/** Bytes of hwID in the certificate and of CHIP_ID in the report. */
export const CHIP_ID_SIZE = 64;
