import { goRegExp, nanosOf } from "@clew/base";
import { dataOf, MessageView, pointsOf, type Payload } from "@clew/otlp";
import type { Component, Settings } from "../../../component.ts";
import type { ConsumeError, Consumer } from "../../../consumer.ts";
import { convertStreams } from "../../../metrics/convert-streams.ts";
import { pointKey } from "../../../metrics/stream-key.ts";
import { StreamStates, type StreamChange } from "../../../metrics/stream-states.ts";
import type { CumulativeToDeltaConfig, MatchConfig } from "./config.ts";
import { subtract, type Last } from "./delta.ts";

const CUMULATIVE = 2;
const DELTA = 1;
const NO_RECORDED_VALUE = 1;
const SWEEP_MS = 60_000;

/** The Collector's names of the kinds of metrics that have a temporality. */
const TYPES = { sum: "sum", histogram: "histogram", exponentialHistogram: "exponential_histogram" } as const;

/** Makes of each cumulative point what came since the one before. */
export class CumulativeToDelta implements Component, Consumer {
  readonly #settings: Settings;
  readonly #config: CumulativeToDeltaConfig;
  readonly #next: Consumer;
  readonly #states = new StreamStates<Last>();
  readonly #startUnixNano: bigint;
  readonly #converts: (name: string, type: string) => boolean;
  #stop: () => void = () => {};

  constructor(settings: Settings, config: CumulativeToDeltaConfig, next: Consumer) {
    this.#settings = settings;
    this.#config = config;
    this.#next = next;
    this.#startUnixNano = nanosOf(settings.clock.nowMs());
    const includes = config.include === undefined ? () => true : matcher(config.include);
    const excludes = config.exclude === undefined ? () => false : matcher(config.exclude);
    this.#converts = (name, type) => includes(name, type) && !excludes(name, type);
  }

  start(): Promise<void> {
    const { clock, meter, id } = this.#settings;
    const { max_staleness: maxMs } = this.#config;
    const endGauge = meter.gauge(
      "otelcol_processor_cumulativetodelta_streams_tracked",
      "Number of metric streams that are tracked.",
      { processor: id },
      () => this.#states.size,
    );
    const endSweep =
      maxMs === 0
        ? () => {}
        : clock.every(Math.min(maxMs, SWEEP_MS), () => {
            const before = clock.nowMs() - maxMs;
            this.#states.forget(({ seenMs }) => seenMs < before);
          });
    this.#stop = () => {
      endGauge();
      endSweep();
    };
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    this.#stop();
    return Promise.resolve();
  }

  refusal(): ConsumeError | undefined {
    return this.#next.refusal?.();
  }

  consume(payload: Payload): Promise<void> {
    return convertStreams(payload, this.#states, this.#next, (metric, keyOf, change) =>
      this.#convert(metric, keyOf, change),
    );
  }

  /** Whether anything of the metric is left. */
  #convert(metric: MessageView, keyOf: () => string, change: StreamChange<Last>): boolean {
    const data = dataOf(metric);
    if (data === undefined || !(data in TYPES)) return true;
    const inner = metric.one(data);
    if (inner.get("aggregationTemporality") !== CUMULATIVE) return true;
    if (data === "sum" && inner.get("isMonotonic") !== true) return true;
    if (!this.#converts(metric.get("name") as string, TYPES[data as keyof typeof TYPES])) return true;
    const key = keyOf();
    inner.retain("dataPoints", (point) => this.#convertPoint(point, pointKey(key, point), change));
    inner.set("aggregationTemporality", DELTA);
    return pointsOf(metric).length > 0;
  }

  #convertPoint(point: MessageView, key: string, change: StreamChange<Last>): boolean {
    if ((Number(point.get("flags")) & NO_RECORDED_VALUE) !== 0) return false;
    if (point.type.name === "NumberDataPoint" && Number.isNaN(point.get("asDouble") ?? 0)) return true;
    const last = this.#states.get(key);
    const timeUnixNano = point.get("timeUnixNano") as bigint;
    if (last !== undefined && timeUnixNano <= last.timeUnixNano) return this.#dropped("out_of_order");
    const original = new MessageView(point.type, point.bytes());
    change.set(key, { point: original, timeUnixNano, seenMs: this.#settings.clock.nowMs() });
    if (last === undefined) return this.#keepsFirst(point) || this.#dropped("initial");
    const fault = subtract(point, last.point);
    if (fault !== undefined) return this.#dropped(fault);
    point.set("startTimeUnixNano", last.timeUnixNano);
    return true;
  }

  #keepsFirst(point: MessageView): boolean {
    const { initial_value: rule } = this.#config;
    if (rule !== "auto") return rule === "keep";
    const start = point.get("startTimeUnixNano") as bigint;
    return start >= this.#startUnixNano && start !== point.get("timeUnixNano");
  }

  #dropped(reason: string): false {
    const { meter, id } = this.#settings;
    const name = "otelcol_processor_cumulativetodelta_datapoints_dropped";
    meter.counter(name, "Number of data points that have no delta.", { processor: id, reason }).add(1);
    return false;
  }
}

function matcher({
  match_type: type,
  metrics,
  metric_types: types,
}: MatchConfig): (name: string, of: string) => boolean {
  const names = new Set(metrics);
  const patterns = type === "regexp" ? metrics.map((pattern) => goRegExp(pattern)) : [];
  const matchesName = (name: string): boolean =>
    metrics.length === 0 || (type === "strict" ? names.has(name) : patterns.some((pattern) => pattern.test(name)));
  return (name, of) => matchesName(name) && (types.length === 0 || types.some((one) => one === of));
}
