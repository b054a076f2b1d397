import { AnyValue, MessageView, valueBytes, valueFromBytes, type Value } from "@clew/otlp";
import { expectText, int32, text, uint32, type Accessor, type Place } from "../accessor.ts";
import type { Context } from "../context.ts";
import { asString } from "../go-json.ts";
import { getIn, setIn, type Key } from "../indexing.ts";
import { OttlError } from "../ottl-error.ts";
import { pdataType, storable } from "../ottl-value.ts";
import { attributePath, idPath, timePaths } from "./common-paths.ts";
import type { PathSet } from "./path-table.ts";

const record: Place = (context) => context.record;

const SEVERITIES = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/** The enumerations that statements about log records may name. */
export const LOG_SYMBOLS: Readonly<Record<string, bigint>> = Object.fromEntries([
  ["SEVERITY_NUMBER_UNSPECIFIED", 0n],
  ...SEVERITIES.flatMap((name, i) =>
    ["", "2", "3", "4"].map((step, j) => [`SEVERITY_NUMBER_${name}${step}`, BigInt(i * 4 + j + 1)]),
  ),
]) as Record<string, bigint>;

export const LOG_PATHS: PathSet = {
  name: "log",
  paths: {
    ...timePaths(record, "time", "timeUnixNano"),
    ...timePaths(record, "observed_time", "observedTimeUnixNano"),
    severity_number: { accessor: int32(record, "severityNumber") },
    severity_text: { accessor: text(record, "severityText") },
    body: {
      accessor: { get: bodyOf, set: (context, value) => setBody(context, storable(value, bodyOf(context))) },
      keyed: bodyKey,
      fields: {
        string: {
          accessor: {
            get: (context) => asString(bodyOf(context)),
            set: (context, value) => setBody(context, expectText(value)),
          },
        },
      },
    },
    attributes: attributePath(record),
    dropped_attributes_count: { accessor: uint32(record, "droppedAttributesCount") },
    flags: { accessor: uint32(record, "flags") },
    trace_id: idPath(record, "traceId", 16),
    span_id: idPath(record, "spanId", 8),
    event_name: { accessor: text(record, "eventName") },
  },
};

function bodyOf(context: Context): Value {
  return valueFromBytes(record(context).one("body").bytes());
}

function setBody(context: Context, value: Value): void {
  record(context).setOne("body", new MessageView(AnyValue, valueBytes(value)));
  context.changes++;
}

function bodyKey(keys: readonly Key[]): Accessor {
  return {
    get: (context) => getIn(indexable(bodyOf(context)), keys, context),
    set: (context, value) => setBody(context, setIn(indexable(bodyOf(context)), keys, value, context)),
  };
}

function indexable(body: Value): Value {
  if (body instanceof Map || Array.isArray(body)) return body;
  throw new OttlError(`log bodies of type ${pdataType(body)} cannot be indexed`);
}
