// What each field of evidence means to whoever relies on it: what it says, why that matters, what a good value looks like.
import type { FieldName } from "./evidence-fields.ts";

/** The words, total, so that no field goes unexplained. */
export const explanations: Readonly<Record<FieldName, string>> = {
  measurement:
    "The launch digest: SHA-384 over the memory and the virtual processors that the guest started with. Only a digest that you know beforehand says what runs; with direct boot it covers the firmware alone, unless that measures the kernel.",
  hostData:
    "32 bytes that the host gave at launch and cannot change after. They name the configuration that the guest enforces; on Azure's confidential containers, and here, they are the SHA-256 of the policy document.",
  allowAllPolicy:
    "HOST_DATA is the digest of a published policy document under which the host may run what it likes. Want none; that HOST_DATA is no such digest proves little, since one more line break makes another.",

  guestSvn:
    "The guest's own security version, from its ID block; 0 without one. A minimum keeps old images out. It is not the SVN of Azure's utility VM.",
  familyId: "16 bytes from the ID block by which an author names a family of guests.",
  imageId: "16 bytes from the ID block by which an author names one image of the family.",
  reportId:
    "Drawn at random for each guest and constant over its life. It tells two running guests apart; no value is better than another.",
  reportIdMa:
    "The REPORT_ID of the guest's migration agent. All ones means that there is none, which is what you want unless guests may migrate.",

  idKeyDigest:
    "SHA-384 of the key that signed the ID block, that is of whoever vouches for this launch. All zero: the guest was launched without an ID block.",
  "keyInfo.authorKeyEnabled":
    "Whether an author key vouches for the ID key. If not, AUTHOR_KEY_DIGEST means nothing, whatever stands there.",
  authorKeyDigest: "SHA-384 of the author key, which signed the ID key. It means something only with AUTHOR_KEY_EN.",

  vmpl: "The privilege level that asked for the report, 0 being the highest in the guest. “host” (4294967295) means that the host asked and the guest did not: such a report proves nothing about who answers. Want exactly the level of your workload, as a rule 0.",
  reportData:
    "64 bytes chosen by whoever asked for the report; the hardware does not interpret them. Here the first 32 are the SHA-256 of the runtime claims and the rest is zero. Unless they are compared with something that you know, the report may be another's or old.",
  claims: "The document whose digest is in REPORT_DATA: it ties keys, nonce and purpose to this guest.",
  purpose: "What the evidence was made for. Evidence for one purpose must be refused for another.",
  audience: "For whom the evidence was made. Evidence for another verifier is a relayed one.",
  nonce:
    "32 bytes that the verifier drew for this very question. Only with its own nonce does a verifier know that the answer is not an old one.",
  tlsSpkiSha256:
    "SHA-256 of the TLS key of the workload. Equal to the key of this connection, it shows that nobody stands between.",

  policy: "What guest and host agreed on at launch; the firmware enforces it for the guest's whole life.",
  "policy.abi": "The oldest firmware interface under which the guest may run, major.minor.",
  "policy.smt":
    "Whether two threads may share a core. Threads of one core can spy on each other through its caches; want no where that matters.",
  "policy.migrateMa":
    "Whether a migration agent may be attached, which can move the guest to other machines and is trusted with its memory. Want no.",
  "policy.debug":
    "Whether the host may debug the guest, that is read and write its memory. Then nothing in it is secret. Want no.",
  "policy.singleSocket":
    "Whether the guest must stay on one processor socket, so that its data cross no link between sockets.",
  "policy.cxlAllow": "Whether memory and devices on CXL may be used, which are outside of the processor.",
  "policy.memAes256Xts": "Whether memory must be encrypted with AES-256-XTS. If no, AES-128-XEX may be used.",
  "policy.raplDis": "Whether the host must switch off its power readings, from which secrets have been read.",
  "policy.ciphertextHidingDram":
    "Whether the host must be kept from reading even the ciphertext of the guest's memory, whose changes tell something.",
  "policy.pageSwapDisable": "Whether the firmware refuses to move or swap out pages of the guest.",

  platformInfo: "How the machine is set up now. Bits without a name here are newer than this explanation.",
  "platformInfo.smtEn": "Whether two threads share each core of this machine.",
  "platformInfo.tsmeEn": "Whether the machine encrypts all of its memory, also where no guest asks for it.",
  "platformInfo.eccEn":
    "Whether memory corrects errors, which also makes flipping bits of it by force harder. Want yes.",
  "platformInfo.raplDis": "Whether power readings are off, so that they cannot leak secrets.",
  "platformInfo.ciphertextHidingDramEn": "Whether the host is kept from reading the ciphertext of guests' memory.",
  "platformInfo.aliasCheckComplete":
    "Whether the firmware looked for memory that answers under two addresses, and found none since reset. It is the answer to the attack BadRAM. Want yes.",
  "platformInfo.iommuWriteSafe": "A bit of Turin about writes through the IOMMU. Older documents call it reserved.",
  "platformInfo.tioEn": "Whether devices can be attested and given to guests (SEV-TIO).",
  launchMitVector:
    "One bit for each mitigation that was in force when the guest was launched. From report version 5 on.",
  currentMitVector: "One bit for each mitigation that is in force now. From report version 5 on.",

  cpuid:
    "Family, model and stepping of the processor. They decide the product, the layout of a TCB and which minimum holds. A version 2 report does not sign them.",
  "tcb.reported":
    "The security versions that the signing key stands for. Each part of it counts for itself: compare them one by one, never as one number.",
  "tcb.reported.fmc": "Security version of the first mutable code of the secure processor; on Turin only.",
  "tcb.reported.bootLoader": "Security version of the secure processor's boot loader.",
  "tcb.reported.tee": "Security version of the secure processor's operating system.",
  "tcb.reported.snp":
    "Security version of the SEV-SNP firmware, which makes the report. A minimum keeps machines with known holes out.",
  "tcb.reported.microcode":
    "Security version of the microcode. It counts for one CPU model and cannot be compared with that of another.",
  "tcb.committed": "The security versions below which this machine cannot be rolled back.",
  "tcb.current": "The security versions that run now; never below the reported ones.",
  "tcb.launch": "The security versions that ran when the guest was launched or moved here.",
  currentVersion: "The firmware that runs now, major.minor.build.",
  committedVersion: "The firmware below which this machine cannot be rolled back, major.minor.build.",
  provisionalFirmware:
    "Whether firmware runs that is not committed: the host can still go back to the older one and whatever holes it has. Want no, or minimums that hold for COMMITTED_TCB.",

  version: "The layout of the report. From 3 on it signs the CPU, from 5 on the mitigations.",
  chipId:
    "The machine's own number, the same in its VCEK. List the machines that you trust, if you know them. All zero: the host hides it, or a VLEK signed.",
  keyInfo: "Which key signed, and what it depends on.",
  "keyInfo.maskChipKey":
    "Whether the host forbids the use of the chip's key. Then the report is not signed, and proves nothing. Want no.",
  "keyInfo.signingKey":
    "Which key signed: VCEK, derived from the chip, or VLEK, given to a cloud provider by AMD. The certificate must be of that kind.",
  signatureAlgo: "How the report is signed; 1 is the only method defined.",
  signature:
    "The secure processor's signature over the 672 bytes before it. It is what makes a report of numbers: without it, anyone could have written them.",
  reserved: "Bytes without meaning. All must be zero: those behind the signature are not even covered by it.",

  hardware:
    "Whose root the chain ends in: AMD's, or that of a simulation, which shows the protocol and protects nothing. Want AMD.",
  product: "The product line of the processor. Report, certificates and root must all say the same.",
  certificates:
    "The root signs the intermediate, that signs the key of the report; names, algorithms and validity of all three must hold.",
  "certificates.root": "AMD's root key of the product, known here beforehand and not believed for being sent.",
  "certificates.intermediate": "AMD's signing key: ASK for chips, ASVK for keys of cloud providers.",
  "certificates.leaf":
    "The key that signed the report. AMD issues it for one TCB, and for one chip or one cloud provider.",
  "certificates.tcb":
    "The security versions that the leaf was issued for. They must be those of REPORTED_TCB, each of them.",
  "certificates.hwId": "The chip that the VCEK was issued for. It must be CHIP_ID.",
  "certificates.cspId":
    "The cloud provider that the VLEK was issued for. List those that you trust: AMD signs them for others, too.",
  revocation:
    "AMD's list of intermediates that are no longer trusted. It says nothing of single chips: those are kept out by their TCB.",

  issuer:
    "Who gives the verdict that the claims are. Trust the keys of an issuer that you configured, never those that a token names.",
  claimsVersion: "The version of the claims' format.",
  attestationType: "sevsnpvm: an SEV-SNP guest whose report the issuer verified.",
  complianceStatus:
    "azure-compliant-uvm: Microsoft endorses the utility VM. Absent means that the measurement was not recognised. It says nothing about your containers.",
  attestationPolicy:
    "SHA-256 of the policy by which the issuer judged. The owner of a private instance can change what claims mean.",
  endorsement:
    "Microsoft's signed statement that this launch digest is a utility VM of Azure's, which starts the containers.",
  "endorsement.issuer":
    "Who signed for the utility VM, as a did:x509. It must be the one that you expect, and its chain must hold.",
  "endorsement.feed":
    "What the endorsement is about: ContainerPlat-AMD-UVM. An endorsement of another feed is for something else.",
  "endorsement.measurement": "The launch digest that is endorsed. It must be MEASUREMENT.",
  "endorsement.svn":
    "The security version of the utility VM. A minimum keeps those with known holes out; below 100 none must be trusted. It is compared as a number.",
};
