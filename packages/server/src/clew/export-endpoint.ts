/** `/api/clew/v1/export`: everything that is stored, as a stream of any length. */
import { sleep, type Clock } from "@clew/base";
import { fromJson, PROTOCOLS, SIGNALS, type Signal } from "@clew/otlp";
import type { ExportFilter, ExportReader, JsonResourceSpans } from "@clew/store";
import { Hono, type Context } from "hono";
import { jaegerTrace } from "../jaeger/jaeger-trace.ts";
import { zipkinSpans } from "../zipkin/zipkin-span.ts";
import { badParameter, openWindowOf } from "./parameters.ts";

const FORMATS = ["otlp-json", "otlp-proto", "jaeger", "zipkin"] as const;
type Format = (typeof FORMATS)[number];

const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  "otlp-json": "application/x-ndjson",
  "otlp-proto": "application/octet-stream",
  jaeger: "application/json",
  zipkin: "application/json",
};
const LENGTH_BYTES = 4;
const MAX_TRACE_IDS = 1_000;
/** What was acknowledged and can't be read yet is waited for so long. An engine that takes nothing now may be read. */
const MAX_FLUSH_MS = 10_000;
/** RFC 9111 has forgotten it, and it is still the header for this. */
const MAY_MISS = '199 clew "what arrived last may be missing: the engine is not through with it"';

export interface ExportEndpointSettings {
  readonly exports: ExportReader;
  readonly clock: Clock;
  /** Resolves once everything that was acknowledged before the call can be read. */
  readonly flush: () => Promise<void>;
}

/**
 * `signal`, `start`, `end`, `traceId` (again and again) and `format` say what is wanted. The first piece is read before
 * the answer begins, so that a refusal has its status; where a later one fails, the connection ends without an end.
 */
export function exportEndpoint({ exports, clock, flush }: ExportEndpointSettings): Hono {
  const app = new Hono();
  app.get("/export", async (context) => {
    const format = choiceOf(context, "format", FORMATS, "otlp-json");
    const signal = choiceOf(context, "signal", SIGNALS, "traces");
    const filter: ExportFilter = { window: openWindowOf(context), traceIds: traceIdsOf(context) };
    if (signal !== "traces" && (format === "jaeger" || format === "zipkin"))
      throw badParameter("format", `${format} has traces only`, "ask for otlp-json or otlp-proto");
    if (signal === "metrics" && filter.traceIds !== undefined)
      throw badParameter("traceId", "data points are of no trace", "ask for traces or logs");
    if (!(await isDoneInTime(flush(), clock))) context.header("Warning", MAY_MISS);
    const body = await streamOf(written(exports, format, signal, filter));
    return context.body(body, 200, { "Content-Type": CONTENT_TYPES[format] });
  });
  return app;
}

async function isDoneInTime(work: Promise<void>, clock: Clock): Promise<boolean> {
  const decided = new AbortController();
  try {
    const tooLate = sleep(clock, MAX_FLUSH_MS, decided.signal);
    return await Promise.race([work.then(() => true), tooLate.then(() => false)]);
  } finally {
    decided.abort();
  }
}

function choiceOf<T extends string>(context: Context, name: string, choices: readonly T[], usual: T): T {
  const text = context.req.query(name) ?? usual;
  const choice = choices.find((one) => one === text);
  if (choice !== undefined) return choice;
  throw badParameter(name, `expected ${choices.join(", ")}, got ${JSON.stringify(text)}`, "give one of these");
}

function traceIdsOf(context: Context): string[] | undefined {
  const ids = context.req.queries("traceId");
  if (ids === undefined) return undefined;
  if (ids.length > MAX_TRACE_IDS)
    throw badParameter("traceId", `more than ${MAX_TRACE_IDS} traces`, "ask for some of them at a time");
  for (const id of ids)
    if (!/^[0-9a-f]{1,32}$/i.test(id))
      throw badParameter("traceId", `${JSON.stringify(id)} is no trace id`, "give up to 32 hexadecimal digits");
  return [...new Set(ids.map((id) => id.toLowerCase().padStart(32, "0")))];
}

async function* written(
  exports: ExportReader,
  format: Format,
  signal: Signal,
  filter: ExportFilter,
): AsyncGenerator<Uint8Array> {
  switch (format) {
    case "otlp-json":
      for await (const request of exports.requests(signal, filter)) yield Buffer.from(`${JSON.stringify(request)}\n`);
      return;
    case "otlp-proto":
      for await (const request of exports.requests(signal, filter))
        yield framed(fromJson(PROTOCOLS[signal].request, JSON.stringify(request)));
      return;
    case "jaeger":
      yield* jaegerDocument(exports, filter);
      return;
    case "zipkin":
      yield* zipkinDocument(exports, filter);
  }
}

/** As the Collector's `file` exporter has it: the length in four bytes, the highest first, and then the message. */
function framed(message: Uint8Array): Uint8Array {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(message.length);
  return Buffer.concat([length, message]);
}

/** What Jaeger's API answers and its UI reads from a file, a trace on each line. */
async function* jaegerDocument(exports: ExportReader, filter: ExportFilter): AsyncGenerator<Uint8Array> {
  let separator = '{"data":[\n';
  for await (const { traceId, resourceSpans, truncated } of exports.wholeTraces(filter)) {
    yield Buffer.from(separator + JSON.stringify(jaegerTrace(traceId, resourceSpans, truncated)));
    separator = ",\n";
  }
  yield Buffer.from(`${separator === ",\n" ? "\n" : separator}]}\n`);
}

async function* zipkinDocument(exports: ExportReader, filter: ExportFilter): AsyncGenerator<Uint8Array> {
  let separator = "[\n";
  for await (const { resourceSpans } of exports.requests("traces", filter)) {
    const spans = zipkinSpans(resourceSpans as readonly JsonResourceSpans[]);
    if (spans.length === 0) continue;
    yield Buffer.from(separator + spans.map((span) => JSON.stringify(span)).join(",\n"));
    separator = ",\n";
  }
  yield Buffer.from(`${separator === ",\n" ? "\n" : separator}]\n`);
}

/** Reads on as the client takes it, and stops when the client is gone. */
async function streamOf(pieces: AsyncGenerator<Uint8Array>): Promise<ReadableStream<Uint8Array>> {
  let next: Promise<IteratorResult<Uint8Array>> | undefined = Promise.resolve(await pieces.next());
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await (next ?? pieces.next());
        next = undefined;
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await pieces.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
