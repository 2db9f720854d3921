import assert from "node:assert/strict";
import { test } from "node:test";
import { checkContract, ContractError, parseContractYaml } from "#contract";
import { altered, digest, freshSigner, measurement, sampleYaml, signers } from "./sample-contract.ts";

const other = await freshSigner();
const output = "{ name: salaries, of: salary, group_by: [party], measures: [count, avg, min, max] }";

test("finds nothing wrong with the sample", () => {
  assert.deepEqual(checkContract(parseContractYaml(sampleYaml)), []);
});

test("accepts exact extremes, recipients' keys, AMD hardware and a nested bucket", () => {
  const amd = sampleYaml
    .replaceAll("[simulated]", "[Milan, Genoa]")
    .replace(/simulated_root: .*\n/, "")
    .replace("minimum_group: 3", "minimum_group: 3, extremes: exact")
    .replace("recipients: anyone", `recipients: [x25519:${"A".repeat(43)}]`)
    .replace(
      "within: { name: cities, group_by: [city]",
      "within: { name: ages, group_by: [{ bucket: age, by: generations, as: generation }]",
    );
  assert.equal(parseContractYaml(amd).simulated_root, undefined);
});

const refused: readonly (readonly [name: string, text: string, path: string, message: RegExp])[] = [
  [
    "run_by that is no workload",
    altered("run_by: woodgrove/analytics", "run_by: woodgrove/other"),
    "$.queries.demographics.run_by",
    /woodgrove\/other is not a workload/,
  ],
  [
    "over with an unknown dataset",
    altered("over: [contoso/employees, fabrikam/customers]", "over: [contoso/employees, fabrikam/orders]"),
    "$.queries.demographics.over[1]",
    /fabrikam\/orders is not a dataset/,
  ],
  [
    "two datasets of one party in over",
    altered(
      "  fabrikam/customers:",
      `  contoso/guests: { manifest: ${digest("e")}, classes: { all: [age, city, country, eye_color, salary] } }\n  fabrikam/customers:`,
    ).replace("employees, fabrikam/customers]", "employees, contoso/guests]"),
    "$.queries.demographics.over[1]",
    /contoso has two datasets/,
  ],
  [
    "a dataset twice in over",
    altered("employees, fabrikam/customers]", "employees, contoso/employees]"),
    "$.queries.demographics.over",
    /no element twice/,
  ],
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
    "a column of no class",
    altered("group_by: [country], top: 10", "group_by: [continent], top: 10"),
    "$.queries.demographics.outputs[0].group_by[0]",
    /continent is in no class of contoso\/employees/,
  ],
  [
    "a column that one dataset lacks",
    altered(
      "eye_color, favorite_color], finance: [salary] }\n  fabrikam",
      "favorite_color], finance: [salary] }\n  fabrikam",
    ),
    "$.queries.demographics.outputs[4].group_by[0]",
    /eye_color is in no class of contoso\/employees/,
  ],
  [
    "an unknown column in of",
    altered("of: salary, group_by: [party]", "of: bonus, group_by: [party]"),
    "$.queries.demographics.outputs[2].of",
    /bonus is in no class/,
  ],
  [
    "an unknown column in within",
    altered("group_by: [city]", "group_by: [town]"),
    "$.queries.demographics.outputs[0].within.group_by[0]",
    /town is in no class/,
  ],
  [
    "an unknown column in a bucket",
    altered("bucket: age", "bucket: birth_year"),
    "$.queries.demographics.outputs[1].group_by[1]",
    /birth_year is in no class/,
  ],
  [
    "an unknown column in records",
    altered("columns: [city, favorite_color]", "columns: [city, shoe_size]"),
    '$.queries["own-records"].records.columns[1]',
    /shoe_size is in no class/,
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
  [
    "avg without of",
    altered(output, "{ name: salaries, group_by: [party], measures: [avg] }"),
    "$.queries.demographics.outputs[2].measures",
    /avg needs a column/,
  ],
  [
    "min without of",
    altered(output, "{ name: salaries, group_by: [party], measures: [min] }"),
    "$.queries.demographics.outputs[2].measures",
    /min needs a column/,
  ],
  [
    "max without of",
    altered(output, "{ name: salaries, group_by: [party], measures: [max] }"),
    "$.queries.demographics.outputs[2].measures",
    /max needs a column/,
  ],
  [
    "share of whole parties alone",
    altered(output, "{ name: salaries, group_by: [party], measures: [share] }"),
    "$.queries.demographics.outputs[2].measures",
    /share of a whole party/,
  ],
  [
    "a measure twice",
    altered("measures: [count, share]", "measures: [count, count]"),
    "$.queries.demographics.outputs[1].measures",
    /no element twice/,
  ],
  [
    "no measure",
    altered("measures: [count, share]", "measures: []"),
    "$.queries.demographics.outputs[1].measures",
    /one element at least/,
  ],
  [
    "an unknown measure",
    altered("measures: [count, share]", "measures: [count, median]"),
    "$.queries.demographics.outputs[1].measures[1]",
    /median/,
  ],
  [
    "an output without groups",
    altered("group_by: [country], top: 10", "group_by: [], top: 10"),
    "$.queries.demographics.outputs[0].group_by",
    /one grouping at least/,
  ],
  [
    "two outputs of one name",
    altered("name: eye_colors", "name: salaries"),
    "$.queries.demographics.outputs[4].name",
    /salaries names two outputs/,
  ],
  [
    "two groups of one name",
    altered(
      "[party, { bucket: age, by: generations, as: generation }]",
      "[{ column: city, as: generation }, { bucket: age, by: generations, as: generation }]",
    ),
    "$.queries.demographics.outputs[1].group_by[1]",
    /generation names two members/,
  ],
  [
    "a group named as a measure",
    altered("as: value", "as: count"),
    "$.queries.demographics.outputs[4].group_by[0]",
    /count is a member that rows have already/,
  ],
  [
    "a nested list named as its group",
    altered("within: { name: cities", "within: { name: country"),
    "$.queries.demographics.outputs[0].within.name",
    /country names two members/,
  ],
  [
    "a nested list called other",
    altered("within: { name: cities", "within: { name: other"),
    "$.queries.demographics.outputs[0].within.name",
    /other is a member/,
  ],
  [
    "a nested list by party",
    altered("group_by: [city]", "group_by: [party]"),
    "$.queries.demographics.outputs[0].within.group_by[0]",
    /within cannot group by party/,
  ],
  [
    "an unknown bucket",
    altered("by: generations", "by: decades"),
    "$.queries.demographics.outputs[1].group_by[1].by",
    /decades/,
  ],
  ["generations without a year", altered("    as_of: 2026\n", ""), "$.queries.demographics", /no as_of/],
  ["top 0", altered("top: 3", "top: 0"), "$.queries.demographics.outputs[0].within.top", /an integer from 1/],
  [
    "minimum_group 0",
    altered("minimum_group: 3", "minimum_group: 0"),
    "$.queries.demographics.privacy.minimum_group",
    /an integer from 1/,
  ],
  [
    "no minimum_group",
    altered("{ minimum_group: 3 }", "{}"),
    "$.queries.demographics.privacy.minimum_group",
    /missing member/,
  ],
  [
    "extremes other than exact",
    altered("minimum_group: 3", "minimum_group: 3, extremes: rounded"),
    "$.queries.demographics.privacy.extremes",
    /rounded/,
  ],
  [
    "outputs and records in one query",
    altered("    as_of: 2026", "    records: { show: 1, columns: [city] }"),
    "$.queries.demographics",
    /has outputs and records/,
  ],
  [
    "neither outputs nor records",
    altered("    records: { show: 1, columns: [city, favorite_color] }\n", ""),
    '$.queries["own-records"]',
    /neither outputs nor records/,
  ],
  [
    "records of two datasets",
    altered("over: [contoso/employees]", "over: [contoso/employees, fabrikam/customers]"),
    '$.queries["own-records"].over',
    /of one dataset, got 2/,
  ],
  [
    "privacy in a query of records",
    altered("    records:", "    privacy: { minimum_group: 3 }\n    records:"),
    '$.queries["own-records"].privacy',
    /unknown member/,
  ],
  ["show 0", altered("show: 1", "show: 0"), '$.queries["own-records"].records.show', /an integer from 1/],
  [
    "no recipients",
    altered("    recipients: anyone\n  own", "  own"),
    "$.queries.demographics.recipients",
    /missing member/,
  ],
  [
    "an empty list of recipients",
    altered("recipients: anyone", "recipients: []"),
    "$.queries.demographics.recipients",
    /one element at least/,
  ],
  [
    "recipients other than anyone",
    altered("recipients: anyone", "recipients: everyone"),
    "$.queries.demographics.recipients",
    /want anyone/,
  ],
  ["an unknown member of the contract", altered("version: 1", "version: 1\nnote: hello"), "$.note", /unknown member/],
  [
    "an unknown member of a grouping",
    altered("as: value }", "as: value, format: upper }"),
    "$.queries.demographics.outputs[4].group_by[0].format",
    /unknown member/,
  ],
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
  ["no queries", altered(/queries:\n(?: .*\n)+/, "queries: {}\n"), "$.queries", /one member at least/],
];

for (const [name, text, path, message] of refused) {
  test(`refuses ${name}`, () => {
    assert.throws(
      () => parseContractYaml(text),
      (error) => {
        assert.ok(error instanceof ContractError);
        assert.equal(error.code, "CONTRACT_MALFORMED");
        const found = error.data.problems.find((problem) => problem.path === path && message.test(problem.message));
        assert.ok(found, `want ${String(message)} at ${path}, got ${JSON.stringify(error.data.problems)}`);
        assert.ok((found.line ?? 0) >= 1 && (found.column ?? 0) >= 1);
        return true;
      },
    );
  });
}
