// The door of the engine: pure computation, from decoded columns to the lists of a result.
export { createAggregation } from "./aggregation.ts";
export { AggregationError } from "./aggregation-error.ts";
export { outputSchemas } from "./output-schema.ts";

export type { AggregatedQuery, AggregateResult, Aggregation, AggregationOptions } from "./aggregation.ts";
export type { AggregationCode } from "./aggregation-error.ts";
export type { FieldKind, OutputSchema } from "./output-schema.ts";
