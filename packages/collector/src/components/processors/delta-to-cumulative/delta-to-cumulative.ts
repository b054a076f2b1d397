import { dataOf, MessageView, pointsOf, type Payload } from "@clew/otlp";
import type { Component, Settings } from "../../../component.ts";
import type { ConsumeError, Consumer } from "../../../consumer.ts";
import { convertStreams } from "../../../metrics/convert-streams.ts";
import { pointKey } from "../../../metrics/stream-key.ts";
import { StreamStates, type StreamChange } from "../../../metrics/stream-states.ts";
import { accumulated } from "./accumulate.ts";
import type { DeltaToCumulativeConfig } from "./config.ts";

const CUMULATIVE = 2;
const DELTA = 1;
const NO_RECORDED_VALUE = 1;
const SWEEP_MS = 60_000;

interface Total {
  readonly point: MessageView;
  readonly seenMs: number;
}

/** Makes of each delta point the total of its stream so far. */
export class DeltaToCumulative implements Component, Consumer {
  readonly #settings: Settings;
  readonly #config: DeltaToCumulativeConfig;
  readonly #next: Consumer;
  readonly #states = new StreamStates<Total>();
  #stop: () => void = () => {};

  constructor(settings: Settings, config: DeltaToCumulativeConfig, next: Consumer) {
    this.#settings = settings;
    this.#config = config;
    this.#next = next;
  }

  start(): Promise<void> {
    const { clock, meter, id } = this.#settings;
    const { max_stale: maxMs, max_streams: maxStreams } = this.#config;
    const labels = { processor: id };
    const name = "otelcol_deltatocumulative_streams";
    const ends = [
      meter.gauge(`${name}_tracked`, "Number of streams tracked.", labels, () => this.#states.size),
      meter.gauge(`${name}_limit`, "Upper limit of tracked streams.", labels, () => maxStreams),
      clock.every(Math.min(maxMs, SWEEP_MS), () => {
        const before = clock.nowMs() - maxMs;
        this.#states.forget(({ seenMs }) => seenMs < before);
      }),
    ];
    this.#stop = () => ends.forEach((end) => end());
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
  #convert(metric: MessageView, keyOf: () => string, change: StreamChange<Total>): boolean {
    const data = dataOf(metric);
    if (data !== "sum" && data !== "histogram" && data !== "exponentialHistogram") return true;
    const inner = metric.one(data);
    if (inner.get("aggregationTemporality") !== DELTA) return true;
    const key = keyOf();
    const points = pointsOf(metric).flatMap((point) => this.#total(point, pointKey(key, point), change) ?? []);
    inner.setMany("dataPoints", points);
    inner.set("aggregationTemporality", CUMULATIVE);
    return points.length > 0;
  }

  /** Undefined where the point is dropped. */
  #total(point: MessageView, key: string, change: StreamChange<Total>): MessageView | undefined {
    if ((Number(point.get("flags")) & NO_RECORDED_VALUE) !== 0) return this.#dropped("no_value");
    const known = this.#states.get(key)?.point;
    if (known === undefined && this.#states.size >= this.#config.max_streams) return this.#dropped("limit");
    if (known !== undefined && isOlder(point, known)) return this.#dropped("delta.ErrOutOfOrder");
    const total = known === undefined ? point : accumulated(known, point);
    this.#counted(undefined);
    change.set(key, { point: new MessageView(total.type, total.bytes()), seenMs: this.#settings.clock.nowMs() });
    return total;
  }

  #dropped(reason: string): undefined {
    this.#counted(reason);
    return undefined;
  }

  #counted(error: string | undefined): void {
    const { meter, id } = this.#settings;
    const labels = { processor: id, ...(error === undefined ? {} : { error }) };
    meter.counter("otelcol_deltatocumulative_datapoints", "Total number of datapoints processed.", labels).add(1);
  }
}

/** Points must go forward: what is older than its stream, or as old, was there before. */
function isOlder(point: MessageView, known: MessageView): boolean {
  return (point.get("timeUnixNano") as bigint) <= (known.get("timeUnixNano") as bigint);
}
