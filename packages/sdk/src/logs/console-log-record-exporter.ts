import { writeOutputLine } from "../common/standard-streams.ts";
import { attributesText, timeText, valueText, type WriteLine } from "../common/console-text.ts";
import { type ExportResult, SUCCESS } from "../common/export-result.ts";
import type { LogRecordExporter } from "./log-record-exporter.ts";
import type { ReadableLogRecord } from "./readable-log-record.ts";
import { severityName } from "./severity-name.ts";

/** Prints log records for people, a line each. */
export class ConsoleLogRecordExporter implements LogRecordExporter {
  readonly #writeLine: WriteLine;

  constructor(config: { readonly writeLine?: WriteLine } = {}) {
    this.#writeLine = config.writeLine ?? writeOutputLine;
  }

  export(logRecords: ReadableLogRecord[], resultCallback: (result: ExportResult) => void): void {
    for (const record of logRecords) this.#writeLine(lineOf(record));
    resultCallback(SUCCESS);
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

function lineOf(record: ReadableLogRecord): string {
  const { hrTime, hrTimeObserved, severityNumber, severityText, body, eventName, spanContext, attributes } = record;
  const time = hrTime[0] === 0 ? hrTimeObserved : hrTime;
  const severity = severityText ?? severityName(severityNumber);
  const event = eventName === undefined ? "" : ` event=${eventName}`;
  const ids = spanContext === undefined ? "" : ` trace=${spanContext.traceId} span=${spanContext.spanId}`;
  const text = typeof body === "string" ? body : valueText(body);
  return `${timeText(time)} LOG ${severity} ${text}${event}${ids}${attributesText(attributes)}`;
}
