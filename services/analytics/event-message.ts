// A run's events as messages.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  AnalysisEventSchema,
  type AnalysisResultSchema,
  FieldKind,
  type OutputSchemaSchema,
  Stage,
  type AnalysisEvent,
} from "#gen/sealmesh/analytics/v1alpha1/analytics_pb.ts";
import { toEvidenceMessage, toStatementMessage } from "#mesh";
import { fromHex } from "#sealing";
import type { OutputSchema } from "./engine/index.ts";
import type { NumberedEvent, RunEvent, RunResult } from "./run.ts";

const fieldKinds = {
  dimension: FieldKind.DIMENSION,
  party: FieldKind.PARTY,
  count: FieldKind.COUNT,
  percent: FieldKind.PERCENT,
  integer: FieldKind.INTEGER,
} as const;

const schemaMessage = ({ name, fields, within }: OutputSchema): MessageInitShape<typeof OutputSchemaSchema> => ({
  name,
  fields: fields.map((field) => ({ name: field.name, kind: fieldKinds[field.kind] })),
  ...(within === undefined ? {} : { within: schemaMessage(within) }),
});

/** The message of a signed result. */
export const toResultMessage = ({
  document,
  schemas,
  statement,
  evidence,
}: RunResult): MessageInitShape<typeof AnalysisResultSchema> => ({
  document,
  outputs: schemas.map(schemaMessage),
  statement: toStatementMessage(statement),
  evidence: toEvidenceMessage(evidence),
});

const eventOf = (event: RunEvent): NonNullable<MessageInitShape<typeof AnalysisEventSchema>["event"]> => {
  switch (event.kind) {
    case "started": {
      const { contract, version, digest, query } = event.started;
      const contractDigest = fromHex(digest.slice("sha256:".length));
      return { case: "started", value: { contract, contractVersion: version, contractDigest, query } };
    }
    case "progress": {
      const { stage, party, rowsDone, rowsTotal, bytesDone, bytesTotal, rowsPerSecond, remainingMs } = event.progress;
      return {
        case: "progress",
        value: {
          stage: Stage[stage],
          party,
          rowsDone: BigInt(rowsDone),
          rowsTotal: BigInt(rowsTotal),
          bytesDone: BigInt(bytesDone),
          bytesTotal: BigInt(bytesTotal),
          rowsPerSecond,
          ...(remainingMs === undefined ? {} : { remaining: durationFromMs(remainingMs) }),
        },
      };
    }
    case "result":
      return { case: "result", value: toResultMessage(event.result) };
  }
};

/** The message of an event. */
export const toEventMessage = (run: string, { sequence, time, event }: NumberedEvent): AnalysisEvent =>
  create(AnalysisEventSchema, {
    sequence: BigInt(sequence),
    run,
    eventTime: timestampFromDate(time),
    event: eventOf(event),
  });
