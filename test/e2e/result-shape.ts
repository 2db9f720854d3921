// A result as FORMATS.md section 7 shows it for the demonstration's query, stricter than a reader has to be: no member more or less.
import * as v from "valibot";

const digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/));
const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const whole = v.pipe(v.number(), v.integer());
const share = v.pipe(
  v.number(),
  v.minValue(0),
  v.maxValue(100),
  v.check((value) => Number(value.toFixed(1)) === value),
);
const base64 = v.pipe(v.string(), v.base64());
const party = v.nullable(v.string());
const salary = { count, avg: whole, min: whole, max: whole };
const counts = v.array(v.strictObject({ value: v.string(), count }));
const otherCount = v.strictObject({ count });

export const resultShape = v.strictObject({
  type: v.literal("result"),
  contract: digest,
  query: v.literal("demographics"),
  run: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  rows: v.strictObject({ contoso: whole, fabrikam: whole }),
  outputs: v.strictObject({
    countries: v.array(
      v.strictObject({
        country: v.string(),
        count,
        cities: v.array(v.strictObject({ city: v.string(), count })),
        other: v.exactOptional(otherCount),
      }),
    ),
    generations: v.array(v.strictObject({ party, generation: v.string(), count, share })),
    salaries: v.array(v.strictObject({ party, ...salary })),
    salaries_by_country: v.array(v.strictObject({ country: v.string(), ...salary })),
    eye_colors: counts,
    favorite_colors: counts,
  }),
  suppressed: v.exactOptional(v.record(v.string(), v.literal(true))),
  other: v.exactOptional(
    v.strictObject({
      countries: v.exactOptional(otherCount),
      generations: v.exactOptional(v.array(v.strictObject({ party, count, share }))),
      salaries_by_country: v.exactOptional(v.strictObject(salary)),
      eye_colors: v.exactOptional(otherCount),
      favorite_colors: v.exactOptional(otherCount),
    }),
  ),
  statement: v.strictObject({
    payloadType: v.literal("application/vnd.sealmesh.result.v1+json"),
    payload: base64,
    signatures: v.array(v.strictObject({ keyid: v.string(), sig: base64 })),
  }),
  evidence: v.strictObject({
    report: base64,
    certificates: v.pipe(v.array(base64), v.length(3)),
    crls: v.pipe(v.array(base64), v.length(1)),
    runtime_claims: base64,
  }),
});
