import { writeOutputLine } from "../common/standard-streams.ts";
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { attributesText, durationText, timeText, type WriteLine } from "../common/console-text.ts";
import { type ExportResult, SUCCESS } from "../common/export-result.ts";
import { hrTimeToMs } from "../common/hr-time.ts";
import type { ReadableSpan } from "./readable-span.ts";
import type { SpanExporter } from "./span-exporter.ts";

/** Prints spans for people: a line each, and under it a line for each event and link. */
export class ConsoleSpanExporter implements SpanExporter {
  readonly #writeLine: WriteLine;

  constructor(config: { readonly writeLine?: WriteLine } = {}) {
    this.#writeLine = config.writeLine ?? writeOutputLine;
  }

  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void {
    for (const span of spans) for (const line of linesOf(span)) this.#writeLine(line);
    resultCallback(SUCCESS);
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

function linesOf(span: ReadableSpan): string[] {
  const { traceId, spanId } = span.spanContext();
  const parent = span.parentSpanContext === undefined ? "" : ` parent=${span.parentSpanContext.spanId}`;
  const head =
    `${timeText(span.startTime)} SPAN ${span.name} ${SpanKind[span.kind]} ${durationText(hrTimeToMs(span.duration))} ` +
    `${statusText(span)} trace=${traceId} span=${spanId}${parent}${attributesText(span.attributes)}`;
  return [
    head,
    ...span.events.map(
      ({ time, name, attributes }) => `  ${timeText(time)} EVENT ${name}${attributesText(attributes)}`,
    ),
    ...span.links.map(
      ({ context, attributes }) =>
        `  LINK trace=${context.traceId} span=${context.spanId}${attributesText(attributes)}`,
    ),
  ];
}

function statusText({ status }: ReadableSpan): string {
  const code = SpanStatusCode[status.code];
  return status.message === undefined ? code : `${code} (${status.message})`;
}
