import { ClewError } from "@clew/base";
import type { Payload, Signal } from "@clew/otlp";
import type { Component, Exporter, ExporterFactory, Settings } from "../component.ts";
import { Place } from "../schema/place.ts";
import { MemoryMeter, type Counter } from "./meter.ts";
import type { BatchProcessor, OtlpTarget, Processors } from "./otlp-target.ts";

/** Where to send, and in which way, as exporters' own configuration has it. */
export interface OwnTarget {
  readonly target: OtlpTarget;
  readonly sending: object;
}

/** Sends the collector's own telemetry of one signal, through the exporters that it has. */
export class OwnExporters implements Component {
  readonly #exporters: readonly Exporter[];
  readonly #dropped: Counter;

  /**
   * `settings` are those of the collector, whose `path` says where this is configured. Throws `CONFIG_INVALID`.
   */
  constructor(
    signal: Signal,
    targets: readonly OwnTarget[],
    factories: readonly ExporterFactory<unknown>[],
    settings: Settings,
  ) {
    // What these exporters count is not what the pipelines' exporters do.
    const own = { ...settings, id: settings.path, meter: new MemoryMeter() };
    this.#exporters = targets.map((one) => exporterFor(one, signal, factories, own));
    const help = "Number of items of the collector's own telemetry that could not be sent.";
    this.#dropped = settings.meter.counter("clew_own_telemetry_dropped_items", help, { data_type: signal });
  }

  /** Rejects as its exporters do, such as where a certificate cannot be read. */
  async start(): Promise<void> {
    await Promise.all(this.#exporters.map((exporter) => exporter.start()));
  }

  async shutdown(): Promise<void> {
    await Promise.all(this.#exporters.map((exporter) => exporter.shutdown()));
  }

  /** What cannot be sent is dropped and counted: a collector that cannot tell of itself still does its work. */
  send(payload: Payload): void {
    for (const exporter of this.#exporters)
      exporter.consume(payload).catch(() => this.#dropped.add(payload.counts.items));
  }
}

/** The targets of `batch` and `simple` processors. */
export function batchedTargets(processors: readonly Processors[]): OwnTarget[] {
  return processors
    .flatMap(({ batch, simple }) => batch ?? simple ?? [])
    .map((one) => ({ target: one.exporter.otlp!, sending: { sending_queue: queueOf(one) } }));
}

function queueOf({
  max_export_batch_size: size,
  max_queue_size: most,
  schedule_delay: delayMs,
}: BatchProcessor): object {
  const min_size = delayMs === 0 ? 1 : Math.min(size, most);
  const batch = { flush_timeout: `${Math.max(1, delayMs)}ms`, min_size, max_size: Math.max(size, min_size) };
  return { sizer: "items", queue_size: most, num_consumers: 1, batch };
}

function exporterFor(
  { sending, target }: OwnTarget,
  signal: Signal,
  factories: readonly ExporterFactory<unknown>[],
  settings: Settings,
): Exporter {
  const type = target.protocol === "grpc" ? "otlp_grpc" : "otlp_http";
  const factory = factories.find((one) => one.type === type);
  const place = new Place(settings.path, []);
  const config = factory?.schema.read({ ...connectionOf(target, signal), ...sending }, place);
  const [problem] = place.problems;
  if (factory === undefined || problem !== undefined) {
    throw new ClewError("CONFIG_INVALID", problem?.what ?? `there is no exporter ${type} in this collector`, {
      path: settings.path,
      remedy: problem?.remedy ?? "choose another protocol",
    });
  }
  return factory.create(settings, config, [signal]);
}

/** A path in an address over HTTP stands for the whole address. */
function connectionOf(target: OtlpTarget, signal: Signal): object {
  const { certificate, client_certificate, client_key, compression, endpoint, headers, insecure, timeout } = target;
  const url = new URL(/^https?:/.test(endpoint) ? endpoint : `http${insecure === false ? "s" : ""}://${endpoint}`);
  const isWhole = target.protocol !== "grpc" && url.pathname !== "/";
  const tls = {
    ca_file: certificate,
    cert_file: client_certificate,
    key_file: client_key,
    insecure: url.protocol === "http:",
  };
  return {
    [isWhole ? `${signal}_endpoint` : "endpoint"]: isWhole ? url.href : url.origin,
    tls,
    headers,
    compression: compression === "" ? "none" : compression,
    timeout: `${timeout}ms`,
  };
}
