/** What a receiver answers: the services' responses and `google.rpc.Status` with `RetryInfo`. */
import { field, many, message, one, type Message } from "./message.ts";

/** `rejected_spans`, `rejected_data_points` and `rejected_log_records` share their number and type. */
function response(name: string, rejected: string): Message {
  const PartialSuccess = message("PartialSuccess", [field(1, rejected, "int64"), field(2, "errorMessage", "string")]);
  return message(name, [one(1, "partialSuccess", () => PartialSuccess)]);
}

export const ExportTraceServiceResponse: Message = response("ExportTraceServiceResponse", "rejectedSpans");
export const ExportMetricsServiceResponse: Message = response("ExportMetricsServiceResponse", "rejectedDataPoints");
export const ExportLogsServiceResponse: Message = response("ExportLogsServiceResponse", "rejectedLogRecords");

const Any: Message = message("Any", [field(1, "typeUrl", "string"), field(2, "value", "bytes")]);

export const RpcStatus: Message = message("Status", [
  field(1, "code", "int32"),
  field(2, "message", "string"),
  many(3, "details", () => Any),
]);

const Duration: Message = message("Duration", [field(1, "seconds", "int64"), field(2, "nanos", "int32")]);
export const RetryInfo: Message = message("RetryInfo", [one(1, "retryDelay", () => Duration)]);
