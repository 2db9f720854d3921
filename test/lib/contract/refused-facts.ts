// Contracts with one thing wrong each: what it is, the text, where the problem is reported, and what it says.
import { freshSigner, altered, digest, measurement, sampleYaml, signers } from "./sample-contract.ts";

const other = await freshSigner();

/** One wrong contract a row. */
export const refusedFacts: readonly (readonly [name: string, text: string, path: string, message: RegExp])[] = [
  [
    "a dataset of an unknown party",
    altered(
      "  fabrikam/customers:",
      `  tailspin/toys: { manifest: ${digest("e")}, classes: { all: [age] } }\n  fabrikam/customers:`,
    ),
    '$.datasets["tailspin/toys"]',
    /tailspin is not a party/,
  ],
  [
    "a workload of an unknown party",
    altered("  contoso/provider: {", "  tailspin/provider: {").replace(
      "run_by: contoso/provider",
      "run_by: tailspin/provider",
    ),
    '$.workloads["tailspin/provider"]',
    /tailspin is not a party/,
  ],
  [
    "an owner without owner_key",
    altered(/fabrikam: {2}\{ owner_key: [^,]*,/, "fabrikam:  {"),
    "$.parties.fabrikam",
    /has no owner_key/,
  ],
  [
    "an owner without broker",
    altered(/fabrikam: {2}\{ owner_key: ([^,]*), broker: .*\n/, `fabrikam:  { owner_key: ${other.keyId} }\n`),
    "$.parties.fabrikam",
    /has no broker/,
  ],
  [
    "one key for two owners",
    altered(signers.fabrikam.keyId, signers.contoso.keyId),
    "$.parties.fabrikam.owner_key",
    /is used twice/,
  ],
  [
    "an owner's key as its broker's",
    altered(signers.fabrikamBroker.keyId, signers.fabrikam.keyId),
    "$.parties.fabrikam.broker.key",
    /is used twice/,
  ],
  [
    "one URL for two brokers",
    altered("broker.fabrikam.example", "broker.contoso.example"),
    "$.parties.fabrikam.broker.url",
    /is another broker's/,
  ],
  [
    "a broker's URL with a port",
    altered("broker.fabrikam.example", "broker.fabrikam.example:7446"),
    "$.parties.fabrikam.broker.url",
    /https:\/\/ and a host name/,
  ],
  [
    "a broker's URL with a slash at its end",
    altered("broker.fabrikam.example", "broker.fabrikam.example/"),
    "$.parties.fabrikam.broker.url",
    /https:\/\/ and a host name/,
  ],
  [
    "a broker's URL that is not https",
    altered("https://broker.fabrikam", "http://broker.fabrikam"),
    "$.parties.fabrikam.broker.url",
    /https:\/\/ and a host name/,
  ],
  [
    "a key that is not 32 bytes",
    altered(signers.contoso.keyId, signers.contoso.keyId.slice(0, -1)),
    "$.parties.contoso.owner_key",
    /ed25519: and 32 bytes/,
  ],
  [
    "a key with stray low bits",
    altered(signers.contoso.keyId, `ed25519:${"A".repeat(42)}B`),
    "$.parties.contoso.owner_key",
    /ed25519: and 32 bytes/,
  ],
  [
    "a column in two classes",
    altered("finance: [salary] }\n  fabrikam", "finance: [salary, age] }\n  fabrikam"),
    '$.datasets["contoso/employees"].classes.finance[1]',
    /age is in two classes/,
  ],
  [
    "a column called footer",
    altered("finance: [salary] }\n  fabrikam", "finance: [salary, footer] }\n  fabrikam"),
    '$.datasets["contoso/employees"].classes.finance[1]',
    /no column can be called footer/,
  ],
  [
    "a column called party",
    altered("finance: [salary] }\n  fabrikam", "finance: [salary, party] }\n  fabrikam"),
    '$.datasets["contoso/employees"].classes.finance[1]',
    /no column can be called party/,
  ],
  [
    "a class called footer",
    altered("finance: [salary] }\n  fabrikam", "footer: [salary] }\n  fabrikam"),
    '$.datasets["contoso/employees"].classes.footer',
    /footer is the class of the footer/,
  ],
  [
    "simulated and AMD hardware in one workload",
    altered("hardware: [simulated]", "hardware: [simulated, Milan]"),
    '$.workloads["woodgrove/analytics"].hardware',
    /never both/,
  ],
  [
    "simulated and AMD hardware in one contract",
    altered("hardware: [simulated]", "hardware: [Milan]"),
    '$.workloads["woodgrove/analytics"].hardware',
    /never both/,
  ],
  ["simulated hardware without its root", altered(/simulated_root: .*\n/, ""), "$", /no simulated_root/],
  [
    "a simulated root without simulated hardware",
    sampleYaml.replaceAll("[simulated]", "[Milan]"),
    "$.simulated_root",
    /no hardware is simulated/,
  ],
  [
    "unknown hardware",
    altered("hardware: [simulated]", "hardware: [Rome]"),
    '$.workloads["woodgrove/analytics"].hardware[0]',
    /Rome/,
  ],
  [
    "no host_data",
    altered(/host_data: \[[^\]]*\]/, "host_data: []"),
    '$.workloads["woodgrove/analytics"].host_data',
    /one element at least/,
  ],
  [
    "no measurement",
    altered(`measurement: [${measurement}]`, "measurement: []"),
    '$.workloads["woodgrove/analytics"].measurement',
    /one element at least/,
  ],
  [
    "a measurement of the wrong length",
    altered(measurement, digest("5")),
    '$.workloads["woodgrove/analytics"].measurement[0]',
    /sha384: and 96/,
  ],
  [
    "no TCB floor",
    altered(/minimum_tcb: \{.*?\} \}/, "minimum_tcb: {}"),
    '$.workloads["woodgrove/analytics"].minimum_tcb',
    /one member at least/,
  ],
  [
    "a TCB floor without a part",
    altered("boot_loader: 4, ", ""),
    '$.workloads["woodgrove/analytics"].minimum_tcb["19-01"].boot_loader',
    /missing member/,
  ],
  [
    "a Turin floor without fmc",
    altered("19-01", "1a-02"),
    '$.workloads["woodgrove/analytics"].minimum_tcb["1a-02"]',
    /has an fmc/,
  ],
  [
    "a Milan floor with fmc",
    altered("boot_loader: 4", "fmc: 1, boot_loader: 4"),
    '$.workloads["woodgrove/analytics"].minimum_tcb["19-01"]',
    /has no fmc/,
  ],
  ["an unknown member of the contract", altered("version: 1", "version: 1\nnote: hello"), "$.note", /unknown member/],
  ["a contract's name in upper case", altered("contract: partner", "contract: Partner"), "$.contract", /a name/],
  [
    "a name of 64 characters",
    altered("contract: partner-demographics", `contract: ${"a".repeat(64)}`),
    "$.contract",
    /a name/,
  ],
  ["version 0", altered("version: 1", "version: 0"), "$.version", /an integer from 1/],
  [
    "a version beyond 32 bits",
    altered("version: 1", "version: 4294967296"),
    "$.version",
    /an integer from 1 to 4294967295/,
  ],
  ["a version beyond 2^53 - 1", altered("version: 1", "version: 9007199254740993"), "$.version", /an integer from 1/],
  ["until that is not after from", altered("until: 2027", "until: 2026"), "$.valid", /is not after/],
  [
    "a time with an offset",
    altered("from: 2026-11-24T10:00:00Z", "from: 2026-11-24T10:00:00+00:00"),
    "$.valid.from",
    /a time such as/,
  ],
  [
    "a time with fractions",
    altered("from: 2026-11-24T10:00:00Z", "from: 2026-11-24T10:00:00.5Z"),
    "$.valid.from",
    /a time such as/,
  ],
  ["a day that does not exist", altered("from: 2026-11-24", "from: 2026-02-30"), "$.valid.from", /a time that exists/],
  [
    "a month that does not exist",
    altered("from: 2026-11-24", "from: 2026-13-24"),
    "$.valid.from",
    /a time that exists/,
  ],
];
