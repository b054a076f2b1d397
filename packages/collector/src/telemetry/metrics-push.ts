import { nanosOf, type Clock } from "@clew/base";
import type { Component } from "../component.ts";
import type { Family, Sample } from "./exposition.ts";
import type { MemoryMeter } from "./meter.ts";
import type { OwnExporters } from "./own-exporters.ts";
import { metricsPayload, type OwnResource } from "./own-payload.ts";
import type { PeriodicReader } from "./otlp-target.ts";

/** Sends all metrics every so often, and when it stops. */
export class MetricsPush implements Component {
  readonly #exporters: OwnExporters;
  readonly #reader: PeriodicReader;
  readonly #clock: Clock;
  readonly #meter: MemoryMeter;
  readonly #resource: OwnResource;
  #startMs: number;
  /** What was sent last, where only differences are sent: series --> value. */
  #sent = new Map<string, number>();
  #stop: (() => void) | undefined;

  constructor(
    exporters: OwnExporters,
    reader: PeriodicReader,
    world: { readonly clock: Clock; readonly meter: MemoryMeter; readonly resource: OwnResource },
  ) {
    this.#exporters = exporters;
    this.#reader = reader;
    this.#clock = world.clock;
    this.#meter = world.meter;
    this.#resource = world.resource;
    this.#startMs = world.clock.nowMs();
  }

  async start(): Promise<void> {
    await this.#exporters.start();
    this.#stop = this.#clock.every(this.#reader.interval, () => this.#push());
  }

  async shutdown(): Promise<void> {
    this.#stop?.();
    if (this.#stop !== undefined) this.#push();
    this.#stop = undefined;
    await this.#exporters.shutdown();
  }

  #push(): void {
    const isDelta = this.#reader.exporter.otlp?.temporality_preference !== "cumulative";
    const nowMs = this.#clock.nowMs();
    const families = this.#meter.families();
    const times = { isDelta, startNanos: nanosOf(this.#startMs), nowNanos: nanosOf(nowMs) };
    const told = isDelta ? this.#sinceLast(families) : families;
    this.#exporters.send(metricsPayload(told, times, this.#resource));
    if (isDelta) this.#startMs = nowMs;
  }

  #sinceLast(families: readonly Family[]): Family[] {
    const sent = new Map<string, number>();
    const since = (name: string, sample: Sample): Sample => {
      const key = `${name}${sample.suffix}${JSON.stringify(sample.labels)}`;
      sent.set(key, sample.value);
      return { ...sample, value: sample.value - (this.#sent.get(key) ?? 0) };
    };
    const told = families.map((family) =>
      family.type === "gauge" ? family : { ...family, samples: family.samples.map((one) => since(family.name, one)) },
    );
    this.#sent = sent;
    return told;
  }
}
