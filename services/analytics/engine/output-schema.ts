import { labelOf, PARTY, type AggregateQuery, type Grouping, type Measure } from "#contract";

/** What a member of a row holds; the kinds of the proto's `FieldKind`. */
export type FieldKind = "dimension" | "party" | "count" | "percent" | "integer";

/** The members of an output's rows, in order; the shape of the proto's `OutputSchema`. */
export interface OutputSchema {
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly kind: FieldKind }[];
  /** The list nested in each row. */
  readonly within?: OutputSchema;
}

const kinds: Readonly<Record<Measure, FieldKind>> = {
  count: "count",
  share: "percent",
  avg: "integer",
  min: "integer",
  max: "integer",
};

/** What the lists of a query's result hold, in the order of its outputs. */
export function outputSchemas(query: Pick<AggregateQuery, "outputs">): readonly OutputSchema[] {
  return query.outputs.map(({ name, group_by, measures, within }) => ({
    name,
    fields: fieldsOf(group_by, measures),
    ...(within === undefined ? {} : { within: { name: within.name, fields: fieldsOf(within.group_by, measures) } }),
  }));
}

function fieldsOf(groupings: readonly Grouping[], measures: readonly Measure[]): OutputSchema["fields"] {
  return [
    ...groupings.map((grouping) => ({
      name: labelOf(grouping),
      kind: grouping === PARTY ? ("party" as const) : ("dimension" as const),
    })),
    ...measures.map((name) => ({ name, kind: kinds[name] })),
  ];
}
