import type { Clock } from "@clew/base";
import type { Component, ExporterFactory, Settings } from "../component.ts";
import type { TelemetryConfig } from "../config/service-config.ts";
import type { Fields, Level, Logger } from "./logger.ts";
import type { MemoryMeter } from "./meter.ts";
import { batchedTargets, OwnExporters, type OwnTarget } from "./own-exporters.ts";
import { linePayload, metricsPayload, spanPayload, type OwnResource } from "./own-payload.ts";
import { Tracer } from "./tracer.ts";
import { ratioOf } from "./traces-config.ts";

const PATH = "service::telemetry";

/** What the collector sends of itself over OTLP: nothing unless `service::telemetry` says so. */
export class OwnTelemetry implements Component {
  /** Undefined where it does not trace itself. */
  readonly tracer: Tracer | undefined;
  readonly #clock: Clock;
  readonly #meter: MemoryMeter;
  readonly #resource: OwnResource;
  readonly #traces: OwnExporters | undefined;
  readonly #logs: OwnExporters | undefined;
  // each with how often it sends
  readonly #metrics: readonly { readonly exporters: OwnExporters; readonly intervalMs: number }[];
  readonly #running: OwnExporters[] = [];
  readonly #startNanos: bigint;
  #stops: (() => void)[] = [];

  /** `factories` are the exporters that the collector has; `settings` are its own. With `isTraced` it traces itself also if nothing sends that. Throws `CONFIG_INVALID`. */
  constructor(
    { logs, metrics, traces }: TelemetryConfig,
    factories: readonly ExporterFactory<unknown>[],
    settings: Settings,
    meter: MemoryMeter,
    resource: OwnResource,
    isTraced: boolean,
  ) {
    const exporters = (
      signal: "traces" | "metrics" | "logs",
      targets: readonly OwnTarget[],
    ): OwnExporters | undefined =>
      targets.length === 0
        ? undefined
        : new OwnExporters(signal, targets, factories, { ...settings, path: `${PATH}::${signal}` });
    this.#clock = settings.clock;
    this.#meter = meter;
    this.#resource = resource;
    this.#startNanos = this.#nowNanos();
    this.#logs = exporters("logs", batchedTargets(logs.processors));
    this.#traces = exporters("traces", traces.level === "none" ? [] : batchedTargets(traces.processors));
    const own = this.#traces;
    if (own !== undefined || isTraced) this.tracer = new Tracer(this.#clock, ratioOf(traces));
    if (own !== undefined)
      this.tracer?.observe({ began: () => {}, ended: (span) => own.send(spanPayload(span, resource)) });
    const periodic = metrics.level === "none" ? [] : (metrics.readers ?? []).flatMap((one) => one.periodic ?? []);
    // The next push tells all that one tells which failed.
    const sending = { retry_on_failure: { enabled: false }, sending_queue: { enabled: false } };
    this.#metrics = periodic.map(({ exporter, interval }) => ({
      exporters: exporters("metrics", [{ target: exporter.otlp!, sending }])!,
      intervalMs: interval,
    }));
  }

  async start(): Promise<void> {
    for (const one of [this.#traces, this.#logs, ...this.#metrics.map(({ exporters }) => exporters)]) {
      if (one === undefined) continue;
      await one.start();
      this.#running.push(one);
    }
    this.#stops = this.#metrics.map(({ exporters, intervalMs }) =>
      this.#clock.every(intervalMs, () => this.#push(exporters)),
    );
  }

  /** Sends what there is, metrics once more. */
  async shutdown(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop();
    for (const { exporters } of this.#metrics) if (this.#running.includes(exporters)) this.#push(exporters);
    await Promise.all(this.#running.map((one) => one.shutdown()));
  }

  /** A logger whose lines are sent too. */
  logged(logger: Logger, common: Fields = {}): Logger {
    const own = this.#logs;
    if (own === undefined) return logger;
    const log =
      (level: Level) =>
      (message: string, fields: Fields = {}): void => {
        logger[level](message, fields);
        const line = { level, message, fields: { ...common, ...fields }, nanos: this.#nowNanos() };
        own.send(linePayload(line, this.#resource));
      };
    return {
      debug: log("debug"),
      info: log("info"),
      warn: log("warn"),
      error: log("error"),
      with: (fields) => this.logged(logger.with(fields), { ...common, ...fields }),
      encodedAs: (encoding) => this.logged(logger.encodedAs(encoding), common),
    };
  }

  #push(exporters: OwnExporters): void {
    const times = { nowNanos: this.#nowNanos(), startNanos: this.#startNanos };
    exporters.send(metricsPayload(this.#meter.families(), times, this.#resource));
  }

  #nowNanos(): bigint {
    return BigInt(Math.round(this.#clock.nowMs() * 1_000)) * 1_000n;
  }
}
