import { nanosOf, type Clock } from "@clew/base";
import type { Component, ExporterFactory, Settings } from "../component.ts";
import type { TelemetryConfig } from "../config/service-config.ts";
import type { Fields, Level, Logger } from "./logger.ts";
import type { MemoryMeter } from "./meter.ts";
import { batchedTargets, OwnExporters, type OwnTarget } from "./own-exporters.ts";
import { MetricsPush } from "./metrics-push.ts";
import { linePayload, spanPayload, type OwnResource } from "./own-payload.ts";
import { Tracer } from "./tracer.ts";
import { ratioOf } from "./traces-config.ts";

const PATH = "service::telemetry";

/** What the collector sends of itself over OTLP: nothing unless `service::telemetry` says so. */
export class OwnTelemetry implements Component {
  /** Undefined where it does not trace itself. */
  readonly tracer: Tracer | undefined;
  readonly #clock: Clock;
  readonly #resource: OwnResource;
  readonly #traces: OwnExporters | undefined;
  readonly #logs: OwnExporters | undefined;
  readonly #metrics: readonly MetricsPush[];
  readonly #running: Component[] = [];

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
    this.#resource = resource;
    this.#logs = exporters("logs", batchedTargets(logs.processors));
    this.#traces = exporters("traces", traces.level === "none" ? [] : batchedTargets(traces.processors));
    const own = this.#traces;
    if (own !== undefined || isTraced) this.tracer = new Tracer(this.#clock, ratioOf(traces));
    if (own !== undefined)
      this.tracer?.observe({ began: () => {}, ended: (span) => own.send(spanPayload(span, resource)) });
    const periodic = metrics.level === "none" ? [] : (metrics.readers ?? []).flatMap((one) => one.periodic ?? []);
    this.#metrics = periodic.map((reader) => {
      const target = reader.exporter.otlp!;
      // The next push of totals tells all that one tells which failed.
      const isTotal = target.temporality_preference === "cumulative";
      const sending = isTotal ? { retry_on_failure: { enabled: false }, sending_queue: { enabled: false } } : {};
      const world = { clock: settings.clock, meter, resource };
      return new MetricsPush(exporters("metrics", [{ target, sending }])!, reader, world);
    });
  }

  async start(): Promise<void> {
    for (const one of [this.#traces, this.#logs, ...this.#metrics]) {
      if (one === undefined) continue;
      await one.start();
      this.#running.push(one);
    }
  }

  /** Sends what there is, metrics once more. */
  async shutdown(): Promise<void> {
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
        const line = { level, message, fields: { ...common, ...fields }, nanos: nanosOf(this.#clock.nowMs()) };
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
}
