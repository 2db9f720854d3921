// Where everything that evidence says stands: AMD's name, bytes and bits in the report (AMD 56860), and the claim of Microsoft Azure
// Attestation that says the same. The words about it are in explanations.ts.

/** What fields are shown under, in this order, and what defines them. */
export const fieldGroups = {
  launch: { title: "What was launched", section: "AMD 56860, ATTESTATION_REPORT" },
  guest: { title: "Identity of the guest", section: "AMD 56860, ATTESTATION_REPORT" },
  author: { title: "Who signed for the guest", section: "AMD 56860, ID_BLOCK" },
  binding: { title: "Freshness and binding", section: "AMD 56860, ATTESTATION_REPORT; proto/FORMATS.md 1" },
  policy: { title: "Policy of the guest", section: "AMD 56860, POLICY" },
  platform: { title: "Platform", section: "AMD 56860, PLATFORM_INFO" },
  firmware: { title: "Firmware and TCB", section: "AMD 56860, TCB_VERSION" },
  key: { title: "Chip, signing key and signature", section: "AMD 56860, ATTESTATION_REPORT" },
  certificates: { title: "Certificates", section: "AMD 57230; RFC 5280" },
  azure: { title: "Azure's endorsement", section: "Microsoft Azure Attestation, sevsnpvm" },
  other: { title: "Everything else", section: "" },
} as const satisfies Readonly<Record<string, { readonly title: string; readonly section: string }>>;

/** The name of a group. */
export type FieldGroup = keyof typeof fieldGroups;

/** One thing that evidence says. */
export interface EvidenceField {
  readonly group: FieldGroup;
  readonly title: string;
  /** Offset and size in the report. All of them together are the report, each byte once. */
  readonly bytes?: readonly (readonly [offset: number, size: number])[];
  /** First and last bit in the field whose name stands before the last dot. */
  readonly bits?: readonly [first: number, last: number];
  /** The claim of Microsoft Azure Attestation, or of sealmesh beside those. */
  readonly claim?: string;
}

const snp = <Name extends string>(name: Name) => `x-ms-sevsnpvm-${name}` as const;

/** By the name that findings and errors use. */
export const evidenceFields = {
  measurement: { group: "launch", title: "MEASUREMENT", bytes: [[0x90, 48]], claim: snp("launchmeasurement") },
  hostData: { group: "launch", title: "HOST_DATA", bytes: [[0xc0, 32]], claim: snp("hostdata") },
  allowAllPolicy: { group: "launch", title: "policy document that allows everything" },

  guestSvn: { group: "guest", title: "GUEST_SVN", bytes: [[0x04, 4]], claim: snp("guestsvn") },
  familyId: { group: "guest", title: "FAMILY_ID", bytes: [[0x10, 16]], claim: snp("familyId") },
  imageId: { group: "guest", title: "IMAGE_ID", bytes: [[0x20, 16]], claim: snp("imageId") },
  reportId: { group: "guest", title: "REPORT_ID", bytes: [[0x140, 32]], claim: snp("reportid") },
  reportIdMa: { group: "guest", title: "REPORT_ID_MA", bytes: [[0x160, 32]] },

  idKeyDigest: { group: "author", title: "ID_KEY_DIGEST", bytes: [[0xe0, 48]], claim: snp("idkeydigest") },
  "keyInfo.authorKeyEnabled": { group: "author", title: "AUTHOR_KEY_EN", bits: [0, 0] },
  authorKeyDigest: { group: "author", title: "AUTHOR_KEY_DIGEST", bytes: [[0x110, 48]], claim: snp("authorkeydigest") },

  vmpl: { group: "binding", title: "VMPL", bytes: [[0x30, 4]], claim: snp("vmpl") },
  reportData: { group: "binding", title: "REPORT_DATA", bytes: [[0x50, 64]], claim: snp("reportdata") },
  claims: { group: "binding", title: "runtime claims", claim: "x-ms-runtime" },
  purpose: { group: "binding", title: "purpose" },
  audience: { group: "binding", title: "audience" },
  nonce: { group: "binding", title: "nonce", claim: "nonce" },
  tlsSpkiSha256: { group: "binding", title: "TLS key" },

  policy: { group: "policy", title: "POLICY", bytes: [[0x08, 8]] },
  "policy.abi": { group: "policy", title: "ABI_MAJOR, ABI_MINOR", bits: [0, 15] },
  "policy.smt": { group: "policy", title: "SMT", bits: [16, 16], claim: snp("smt-allowed") },
  "policy.migrateMa": { group: "policy", title: "MIGRATE_MA", bits: [18, 18], claim: snp("migration-allowed") },
  "policy.debug": { group: "policy", title: "DEBUG", bits: [19, 19], claim: snp("is-debuggable") },
  "policy.singleSocket": { group: "policy", title: "SINGLE_SOCKET", bits: [20, 20], claim: snp("singlesocket") },
  "policy.cxlAllow": { group: "policy", title: "CXL_ALLOW", bits: [21, 21], claim: snp("cxl-allowed") },
  "policy.memAes256Xts": {
    group: "policy",
    title: "MEM_AES_256_XTS",
    bits: [22, 22],
    claim: snp("mem-aes256-xts-required"),
  },
  "policy.raplDis": { group: "policy", title: "RAPL_DIS", bits: [23, 23], claim: snp("rapl-disabled") },
  "policy.ciphertextHidingDram": {
    group: "policy",
    title: "CIPHERTEXT_HIDING_DRAM",
    bits: [24, 24],
    claim: snp("ciphertext-hiding-dram-enabled"),
  },
  "policy.pageSwapDisable": {
    group: "policy",
    title: "PAGE_SWAP_DISABLE",
    bits: [25, 25],
    claim: snp("page-swap-disabled"),
  },

  platformInfo: { group: "platform", title: "PLATFORM_INFO", bytes: [[0x40, 8]] },
  "platformInfo.smtEn": { group: "platform", title: "SMT_EN", bits: [0, 0] },
  "platformInfo.tsmeEn": { group: "platform", title: "TSME_EN", bits: [1, 1] },
  "platformInfo.eccEn": { group: "platform", title: "ECC_EN", bits: [2, 2] },
  "platformInfo.raplDis": { group: "platform", title: "RAPL_DIS", bits: [3, 3] },
  "platformInfo.ciphertextHidingDramEn": { group: "platform", title: "CIPHERTEXT_HIDING_DRAM_EN", bits: [4, 4] },
  "platformInfo.aliasCheckComplete": { group: "platform", title: "ALIAS_CHECK_COMPLETE", bits: [5, 5] },
  "platformInfo.iommuWriteSafe": { group: "platform", title: "IOMMU_WRITE_SAFE", bits: [6, 6] },
  "platformInfo.tioEn": { group: "platform", title: "TIO_EN", bits: [7, 7] },
  launchMitVector: { group: "platform", title: "LAUNCH_MIT_VECTOR", bytes: [[0x1f8, 8]] },
  currentMitVector: { group: "platform", title: "CURRENT_MIT_VECTOR", bytes: [[0x200, 8]] },

  cpuid: { group: "firmware", title: "CPUID_FAM_ID, _MOD_ID, _STEP", bytes: [[0x188, 3]] },
  "tcb.reported": { group: "firmware", title: "REPORTED_TCB", bytes: [[0x180, 8]] },
  "tcb.reported.fmc": { group: "firmware", title: "FMC" },
  "tcb.reported.bootLoader": { group: "firmware", title: "BOOT_LOADER", claim: snp("bootloader-svn") },
  "tcb.reported.tee": { group: "firmware", title: "TEE", claim: snp("tee-svn") },
  "tcb.reported.snp": { group: "firmware", title: "SNP", claim: snp("snpfw-svn") },
  "tcb.reported.microcode": { group: "firmware", title: "MICROCODE", claim: snp("microcode-svn") },
  "tcb.committed": { group: "firmware", title: "COMMITTED_TCB", bytes: [[0x1e0, 8]] },
  "tcb.current": { group: "firmware", title: "CURRENT_TCB", bytes: [[0x38, 8]] },
  "tcb.launch": { group: "firmware", title: "LAUNCH_TCB", bytes: [[0x1f0, 8]] },
  currentVersion: { group: "firmware", title: "CURRENT_MAJOR, _MINOR, _BUILD", bytes: [[0x1e8, 3]] },
  committedVersion: { group: "firmware", title: "COMMITTED_MAJOR, _MINOR, _BUILD", bytes: [[0x1ec, 3]] },
  provisionalFirmware: { group: "firmware", title: "provisional firmware" },

  version: { group: "key", title: "VERSION", bytes: [[0x00, 4]] },
  chipId: { group: "key", title: "CHIP_ID", bytes: [[0x1a0, 64]], claim: snp("chipid") },
  keyInfo: { group: "key", title: "KEY_INFO", bytes: [[0x48, 4]] },
  "keyInfo.maskChipKey": { group: "key", title: "MASK_CHIP_KEY", bits: [1, 1] },
  "keyInfo.signingKey": { group: "key", title: "SIGNING_KEY", bits: [2, 4] },
  signatureAlgo: { group: "key", title: "SIGNATURE_ALGO", bytes: [[0x34, 4]] },
  signature: { group: "key", title: "SIGNATURE", bytes: [[0x2a0, 144]] },
  reserved: {
    group: "key",
    title: "reserved",
    bytes: [
      [0x4c, 4],
      [0x18b, 21],
      [0x1eb, 1],
      [0x1ef, 1],
      [0x208, 152],
      [0x330, 368],
    ],
  },

  hardware: { group: "certificates", title: "hardware root", claim: "x-sealmesh-hardware-root" },
  product: { group: "certificates", title: "product", claim: "x-sealmesh-product" },
  certificates: { group: "certificates", title: "certificate chain" },
  "certificates.root": { group: "certificates", title: "ARK" },
  "certificates.intermediate": { group: "certificates", title: "ASK or ASVK" },
  "certificates.leaf": { group: "certificates", title: "VCEK or VLEK" },
  "certificates.tcb": { group: "certificates", title: "blSPL, teeSPL, snpSPL, ucodeSPL, fmcSPL" },
  "certificates.hwId": { group: "certificates", title: "hwID" },
  "certificates.cspId": { group: "certificates", title: "cspID" },
  revocation: { group: "certificates", title: "revocation list" },

  issuer: { group: "azure", title: "issuer of the verdict", claim: "iss" },
  claimsVersion: { group: "azure", title: "version of the claims", claim: "x-ms-ver" },
  attestationType: { group: "azure", title: "kind of TEE", claim: "x-ms-attestation-type" },
  complianceStatus: { group: "azure", title: "compliance", claim: "x-ms-compliance-status" },
  attestationPolicy: { group: "azure", title: "attestation policy", claim: "x-ms-policy-hash" },
  endorsement: { group: "azure", title: "UVM endorsement", claim: snp("uvm-endorsement") },
  "endorsement.issuer": { group: "azure", title: "UVM endorsement: issuer", claim: snp("uvm-endorsement-headers") },
  "endorsement.feed": { group: "azure", title: "UVM endorsement: feed" },
  "endorsement.measurement": { group: "azure", title: "UVM endorsement: launch measurement" },
  "endorsement.svn": { group: "azure", title: "UVM endorsement: SVN" },
} as const satisfies Readonly<Record<string, EvidenceField>>;

/** The name of a field. */
export type FieldName = keyof typeof evidenceFields;
