import { decodeResponse, type Signal } from "@clew/otlp";
import type { Logger } from "../telemetry/logger.ts";

const DROPPED: Readonly<Record<Signal, string>> = {
  traces: "dropped_spans",
  metrics: "dropped_data_points",
  logs: "dropped_log_records",
};

/** Logs what a receiver says that it did not take. It must not be sent again. */
export function warnOfPartialSuccess(signal: Signal, response: Uint8Array, logger: Logger): void {
  const partial = decodeResponse(signal, response);
  if (partial === undefined) return;
  logger.warn("Partial success response", { message: partial.errorMessage, [DROPPED[signal]]: partial.rejected });
}
