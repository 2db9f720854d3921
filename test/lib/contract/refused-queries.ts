// Contracts with one thing wrong each: what it is, the text, where the problem is reported, and what it says.
import { altered, digest } from "./sample-contract.ts";

const output = "{ name: salaries, of: salary, group_by: [party], measures: [count, avg, min, max] }";

/** One wrong contract a row. */
export const refusedQueries: readonly (readonly [name: string, text: string, path: string, message: RegExp])[] = [
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
  [
    "an unknown member of a grouping",
    altered("as: value }", "as: value, format: upper }"),
    "$.queries.demographics.outputs[4].group_by[0].format",
    /unknown member/,
  ],
  ["no queries", altered(/queries:\n(?: .*\n)+/, "queries: {}\n"), "$.queries", /one member at least/],
];
