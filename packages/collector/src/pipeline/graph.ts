/**
 * The components of a configuration, made and joined: one receiver and one exporter per id,
 * whichever pipelines share them, one processor per pipeline that names it, and one connector
 * per id and pair of signals. Pipelines are made from the last to the first, since each is
 * made with what comes after it.
 */
import { SIGNALS, type Signal } from "@clew/otlp";
import type { Component, Kind, Settings } from "../component.ts";
import type { CollectorConfig, PipelineConfig } from "../config/collector-config.ts";
import type { Consumer, Consumers } from "../consumer.ts";
import type { PlacedComponent } from "../ottl/explain.ts";
import { fanOut } from "./fan-out.ts";
import { observedConnector, observedConnectorOutput } from "./observed-connector.ts";
import { observedExporter, ObservedProcessor, observedReceiver } from "./observed.ts";
import { tracedExporter, tracedProcessorInput, tracedProcessorOutput, tracedReceiver } from "./traced.ts";

export interface Graph {
  readonly exporters: readonly Component[];
  /** Processors and connectors, in the order in which data passes them. */
  readonly inner: readonly Component[];
  readonly receivers: readonly Component[];
  /** The inner ones once more, with where they stand. */
  readonly placed: readonly PlacedComponent[];
}

/** Makes the settings of one component; `pipeline` is given for processors. */
export type SettingsFor = (kind: Kind, id: string, pipeline?: PipelineConfig) => Settings;

/** Stands between two components, for whoever wants to see what passes there. */
export type Tap = (kind: Kind, id: string, pipeline: PipelineConfig, next: Consumer) => Consumer;

/** Makes everything that a pipeline names. Starts nothing. `config.pipelines` stand in the order of data. */
export function buildGraph(config: CollectorConfig, settingsFor: SettingsFor, tap?: Tap): Graph {
  return new GraphBuilder(config, settingsFor, tap ?? ((_kind, _id, _pipeline, next) => next)).build();
}

interface Made {
  readonly component: Component;
  readonly consumer: Consumer;
}

class GraphBuilder {
  readonly #config: CollectorConfig;
  readonly #settingsFor: SettingsFor;
  readonly #tap: Tap;
  readonly #exporters = new Map<string, Made>();
  readonly #inner: PlacedComponent[] = [];
  readonly #entries = new Map<PipelineConfig, Consumer>();
  // connector id, signal in --> its instances, one for each signal out
  readonly #connectors = new Map<string, Consumer>();

  constructor(config: CollectorConfig, settingsFor: SettingsFor, tap: Tap) {
    this.#config = config;
    this.#settingsFor = settingsFor;
    this.#tap = tap;
  }

  build(): Graph {
    for (const id of this.#used("exporters")) if (!this.#config.connectors.has(id)) this.#makeExporter(id);
    for (const pipeline of [...this.#config.pipelines].reverse()) this.#makePipeline(pipeline);
    const receivers = this.#used("receivers").filter((id) => !this.#config.connectors.has(id));
    return {
      exporters: [...this.#exporters.values()].map(({ component }) => component),
      receivers: receivers.map((id) => this.#makeReceiver(id)),
      inner: this.#inner.map(({ component }) => component),
      placed: this.#inner,
    };
  }

  #makeExporter(id: string): void {
    const { factory, config } = this.#config.exporters.get(id)!;
    const settings = this.#settingsFor("exporter", id);
    const signals = SIGNALS.filter((signal) => {
      return this.#config.pipelines.some((one) => one.signal === signal && one.exporters.includes(id));
    });
    const component = factory.create(settings, config, signals);
    const observed = observedExporter(settings.meter, id, component);
    this.#exporters.set(id, { component, consumer: tracedExporter(settings.tracer, id, component, observed) });
  }

  #makePipeline(pipeline: PipelineConfig): void {
    const exits = pipeline.exporters.map((id) => this.#exit(id, pipeline));
    let next = fanOut(exits);
    for (const id of [...pipeline.processors].reverse()) {
      const { factory, config } = this.#config.processors.get(id)!;
      const settings = this.#settingsFor("processor", id, pipeline);
      const observed = new ObservedProcessor(settings.meter, id, pipeline.signal, () => settings.clock.nowMs());
      const output = tracedProcessorOutput(settings.tracer, id, this.#tap("processor", id, pipeline, next));
      const processor = factory.create(settings, config, observed.output(output), pipeline.signal);
      this.#inner.unshift({ id, place: pipeline.id, component: processor });
      next = tracedProcessorInput(settings.tracer, id, observed.input(processor));
    }
    this.#entries.set(pipeline, next);
  }

  #exit(id: string, pipeline: PipelineConfig): Consumer {
    const exporter = this.#exporters.get(id);
    const consumer = exporter?.consumer ?? this.#connector(id, pipeline.signal);
    return this.#tap(exporter === undefined ? "connector" : "exporter", id, pipeline, consumer);
  }

  #connector(id: string, from: Signal): Consumer {
    const key = `${id} ${from}`;
    const existing = this.#connectors.get(key);
    if (existing !== undefined) return existing;
    const { factory } = this.#config.connectors.get(id)!;
    const outputs = SIGNALS.filter((to) => factory.stability[from]?.[to] !== undefined);
    const made = outputs.flatMap((to) => this.#makeConnector(id, from, to) ?? []);
    const consumer = fanOut(made);
    this.#connectors.set(key, consumer);
    return consumer;
  }

  /** Undefined where no pipeline of signal `to` takes from it. */
  #makeConnector(id: string, from: Signal, to: Signal): Consumer | undefined {
    const { factory, config } = this.#config.connectors.get(id)!;
    const settings = this.#settingsFor("connector", id);
    const fed = this.#fedBy(id, to).map(([pipeline, entry]) => {
      const tapped = this.#tap("receiver", id, pipeline, entry);
      return [pipeline.id, observedConnectorOutput(settings.meter, id, to, pipeline.id, tapped)] as const;
    });
    if (fed.length === 0) return undefined;
    const pipelines = new Map(fed);
    const next = fanOut([...pipelines.values()]);
    const connector = factory.create(settings, config, { from, to, next, pipelines });
    this.#inner.unshift({ id, place: `${from} to ${to}`, component: connector });
    return observedConnector(settings.meter, id, from, connector);
  }

  #makeReceiver(id: string): Component {
    const next: Partial<Record<Signal, Consumer>> = {};
    for (const signal of SIGNALS) {
      const fed = this.#fedBy(id, signal);
      if (fed.length === 0) continue;
      next[signal] = fanOut(fed.map(([pipeline, entry]) => this.#tap("receiver", id, pipeline, entry)));
    }
    const { factory, config } = this.#config.receivers.get(id)!;
    const settings = this.#settingsFor("receiver", id);
    return factory.create(settings, config, (transport): Consumers => {
      return tracedReceiver(settings.tracer, id, transport, observedReceiver(settings.meter, id, transport, next));
    });
  }

  /** The pipelines that name `id` as a receiver. */
  #fedBy(id: string, signal: Signal): (readonly [PipelineConfig, Consumer])[] {
    return [...this.#entries]
      .filter(([{ signal: of, receivers }]) => of === signal && receivers.includes(id))
      .reverse();
  }

  #used(kind: "receivers" | "exporters"): string[] {
    return [...new Set(this.#config.pipelines.flatMap((pipeline) => pipeline[kind]))];
  }
}
