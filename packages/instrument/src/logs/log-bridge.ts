import { context } from "@opentelemetry/api";
import type { LogRecord } from "@opentelemetry/api-logs";
import { isTracingSuppressed } from "@clew/sdk";
import type { Telemetry } from "../instrumentation.ts";
import { readText } from "../settings.ts";

/**
 * Hands what a logger writes to the SDK. Not what is written while that hands on or exports: an
 * exporter that logs would have its own lines to export for ever.
 */
export class LogBridge {
  readonly #telemetry: Telemetry;
  #isEmitting = false;

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
  }

  /** `make` is called only when the record goes anywhere. Never throws. */
  emit(make: () => LogRecord): void {
    if (this.#isEmitting || isTracingSuppressed(context.active())) return;
    this.#isEmitting = true;
    try {
      this.#telemetry.logger.emit(make());
    } catch {
      // A value that throws when it is read costs its record, not the application.
    } finally {
      this.#isEmitting = false;
    }
  }
}

/** The bridge, unless the environment says that log records go nowhere. */
export function logBridge(telemetry: Telemetry): LogBridge | undefined {
  const { env } = telemetry;
  const isConfiguredByFile = readText(env, "OTEL_CONFIG_FILE") !== undefined;
  const goesNowhere = readText(env, "OTEL_LOGS_EXPORTER")?.toLowerCase() === "none" && !isConfiguredByFile;
  return goesNowhere ? undefined : new LogBridge(telemetry);
}
