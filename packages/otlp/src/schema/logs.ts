/** `opentelemetry/proto/logs/v1` and its collector service. */
import { AnyValue, InstrumentationScope, KeyValue, Resource } from "./common.ts";
import { choice, field, many, message, one, type Message } from "./message.ts";

const SEVERITY_NUMBERS = [
  "SEVERITY_NUMBER_UNSPECIFIED",
  ...["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].flatMap((name) =>
    ["", "2", "3", "4"].map((step) => `SEVERITY_NUMBER_${name}${step}`),
  ),
];

const LogRecord: Message = message(
  "LogRecord",
  [
    field(1, "timeUnixNano", "fixed64"),
    choice(2, "severityNumber", SEVERITY_NUMBERS),
    field(3, "severityText", "string"),
    one(5, "body", () => AnyValue),
    many(6, "attributes", () => KeyValue),
    field(7, "droppedAttributesCount", "uint32"),
    field(8, "flags", "fixed32"),
    field(9, "traceId", "traceId"),
    field(10, "spanId", "spanId"),
    field(11, "observedTimeUnixNano", "fixed64"),
    field(12, "eventName", "string"),
  ],
  "items",
);

const ScopeLogs: Message = message("ScopeLogs", [
  one(1, "scope", () => InstrumentationScope),
  many(2, "logRecords", () => LogRecord),
  field(3, "schemaUrl", "string"),
]);

const ResourceLogs: Message = message(
  "ResourceLogs",
  [one(1, "resource", () => Resource), many(2, "scopeLogs", () => ScopeLogs), field(3, "schemaUrl", "string")],
  "resources",
);

export const ExportLogsServiceRequest: Message = message("ExportLogsServiceRequest", [
  many(1, "resourceLogs", () => ResourceLogs),
]);
