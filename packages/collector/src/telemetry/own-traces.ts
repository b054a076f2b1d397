/** Sends the collector's own spans where `service::telemetry::traces` says, through the exporters that it has. */
import { ClewError } from "@clew/base";
import { encode, payloadOf, PROTOCOLS, type Payload } from "@clew/otlp";
import type { Exporter, ExporterFactory, Settings } from "../component.ts";
import { Place } from "../schema/place.ts";
import { MemoryMeter, type Meter } from "./meter.ts";
import type { EndedSpan, SpanAttributes } from "./tracer.ts";
import type { OtlpTarget, SpanBatch, TracesConfig } from "./traces-config.ts";

const PATH = "service::telemetry::traces";
const SCOPE = "clew/collector";
const KIND_INTERNAL = 1;
const STATUS_ERROR = 2;

export class OwnTraces {
  readonly #settings: Settings;
  readonly #resource: Readonly<Record<string, string>>;
  readonly #exporters: readonly Exporter[];
  readonly #dropped: (count: number) => void;

  /** `factories` are the exporters that the collector has. `settings` are those of the collector itself. */
  constructor(
    config: TracesConfig,
    factories: readonly ExporterFactory<unknown>[],
    settings: Settings,
    resource: Readonly<Record<string, string>>,
  ) {
    // What these exporters count is not what the pipelines' exporters do.
    this.#settings = { ...settings, id: PATH, path: PATH, meter: new MemoryMeter() };
    this.#resource = resource;
    this.#dropped = droppedCounter(settings.meter);
    const batches = config.processors.flatMap(({ batch, simple }) => batch ?? simple ?? []);
    this.#exporters = batches.map((batch) => exporterFor(batch, factories, this.#settings));
  }

  /** Rejects as its exporters do, such as where a certificate cannot be read. */
  async start(): Promise<void> {
    await Promise.all(this.#exporters.map((exporter) => exporter.start()));
  }

  async shutdown(): Promise<void> {
    await Promise.all(this.#exporters.map((exporter) => exporter.shutdown()));
  }

  /** What cannot be sent is dropped and counted: a collector that cannot trace itself still does its work. */
  add(span: EndedSpan): void {
    const payload = payloadOfSpan(span, this.#resource);
    for (const exporter of this.#exporters) exporter.consume(payload).catch(() => this.#dropped(1));
  }
}

function droppedCounter(meter: Meter): (count: number) => void {
  const counter = meter.counter("clew_own_spans_dropped", "Number of the collector's own spans that were not sent.");
  return (count) => counter.add(count);
}

function exporterFor(batch: SpanBatch, factories: readonly ExporterFactory<unknown>[], settings: Settings): Exporter {
  const target = batch.exporter.otlp!;
  const type = target.protocol === "grpc" ? "otlp_grpc" : "otlp_http";
  const factory = factories.find((one) => one.type === type);
  const place = new Place(PATH, []);
  const config = factory?.schema.read({ ...connectionOf(target), ...queueOf(batch) }, place);
  const [problem] = place.problems;
  if (factory === undefined || problem !== undefined) {
    throw new ClewError("CONFIG_INVALID", problem?.what ?? `there is no exporter ${type} in this collector`, {
      path: `${PATH}::processors`,
      remedy: problem?.remedy ?? "choose another protocol",
    });
  }
  return factory.create(settings, config, ["traces"]);
}

/** As the exporters' own configuration has it. */
function connectionOf(target: OtlpTarget): object {
  const { certificate, client_certificate, client_key, compression, endpoint, headers, insecure, timeout } = target;
  const url = new URL(/^https?:/.test(endpoint) ? endpoint : `http${insecure === false ? "s" : ""}://${endpoint}`);
  const isWhole = url.pathname !== "/";
  const at =
    target.protocol === "grpc"
      ? { endpoint: url.origin }
      : isWhole
        ? { traces_endpoint: url.href }
        : { endpoint: url.origin };
  const tls = {
    ca_file: certificate,
    cert_file: client_certificate,
    key_file: client_key,
    insecure: url.protocol === "http:",
  };
  return { ...at, tls, headers, compression: compression === "" ? "none" : compression, timeout: `${timeout}ms` };
}

function queueOf({ max_export_batch_size: size, max_queue_size: most, schedule_delay: delayMs }: SpanBatch): object {
  const min_size = delayMs === 0 ? 1 : Math.min(size, most);
  const batch = { flush_timeout: `${Math.max(1, delayMs)}ms`, min_size, max_size: Math.max(size, min_size) };
  return { sending_queue: { sizer: "items", queue_size: most, num_consumers: 1, batch } };
}

function payloadOfSpan(span: EndedSpan, resource: Readonly<Record<string, string>>): Payload {
  const { events, error, startNanos, endNanos, attributes, ...ids } = span;
  const message = {
    ...ids,
    kind: KIND_INTERNAL,
    startTimeUnixNano: startNanos,
    endTimeUnixNano: endNanos,
    attributes: keyValues(attributes),
    events: events.map(({ name, nanos, attributes: own }) => ({
      name,
      timeUnixNano: nanos,
      attributes: keyValues(own),
    })),
    ...(error === undefined ? {} : { status: { code: STATUS_ERROR, message: error } }),
  };
  const scopeSpans = [{ scope: { name: SCOPE }, spans: [message] }];
  const bytes = encode(PROTOCOLS.traces.request, {
    resourceSpans: [{ resource: { attributes: keyValues(resource) }, scopeSpans }],
  });
  return payloadOf("traces", bytes);
}

function keyValues(attributes: SpanAttributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === "number" ? { intValue: BigInt(value) } : { stringValue: value },
  }));
}
