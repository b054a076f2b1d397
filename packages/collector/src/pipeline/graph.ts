/**
 * The components of a configuration, made and joined: one receiver and one exporter per id,
 * whichever pipelines share them, and one processor per pipeline that names it. Connectors
 * will stand on both ends, and make of the list below an order by dependency.
 */
import { SIGNALS, type Signal } from "@clew/otlp";
import type { Component, Kind, Settings } from "../component.ts";
import type { CollectorConfig, PipelineConfig } from "../config/collector-config.ts";
import type { Consumer, Consumers } from "../consumer.ts";
import { fanOut } from "./fan-out.ts";
import { observedExporter, ObservedProcessor, observedReceiver } from "./observed.ts";

export interface Graph {
  readonly exporters: readonly Component[];
  /** Of every pipeline, in the order in which data passes them. */
  readonly processors: readonly Component[];
  readonly receivers: readonly Component[];
}

/** Makes the settings of one component; `pipeline` is given for processors. */
export type SettingsFor = (kind: Kind, id: string, pipeline?: PipelineConfig) => Settings;

/** Makes everything that a pipeline names. Starts nothing. */
export function buildGraph(config: CollectorConfig, settingsFor: SettingsFor): Graph {
  const exporters = buildExporters(config, settingsFor);
  const processors: Component[] = [];
  const entries = new Map<PipelineConfig, Consumer>();
  for (const pipeline of config.pipelines) {
    const exits = pipeline.exporters.map((id) => exporters.get(id)!.consumer);
    const built = buildProcessors(config, pipeline, fanOut(exits), settingsFor);
    processors.push(...built.components);
    entries.set(pipeline, built.entry);
  }
  const receivers = usedIds(config, "receivers").map((id) => buildReceiver(config, id, entries, settingsFor));
  return { exporters: [...exporters.values()].map(({ component }) => component), processors, receivers };
}

function buildExporters(
  config: CollectorConfig,
  settingsFor: SettingsFor,
): Map<string, { component: Component; consumer: Consumer }> {
  return new Map(
    usedIds(config, "exporters").map((id) => {
      const { factory, config: own } = config.exporters.get(id)!;
      const settings = settingsFor("exporter", id);
      const component = factory.create(settings, own);
      return [id, { component, consumer: observedExporter(settings.meter, id, component) }];
    }),
  );
}

/** From the last to the first, since each is made with the next. */
function buildProcessors(
  config: CollectorConfig,
  pipeline: PipelineConfig,
  exit: Consumer,
  settingsFor: SettingsFor,
): { components: Component[]; entry: Consumer } {
  const components: Component[] = [];
  let next = exit;
  for (const id of [...pipeline.processors].reverse()) {
    const { factory, config: own } = config.processors.get(id)!;
    const settings = settingsFor("processor", id, pipeline);
    const observed = new ObservedProcessor(settings.meter, id, pipeline.signal, () => settings.clock.nowMs());
    const processor = factory.create(settings, own, observed.output(next));
    components.unshift(processor);
    next = observed.input(processor);
  }
  return { components, entry: next };
}

function buildReceiver(
  config: CollectorConfig,
  id: string,
  entries: ReadonlyMap<PipelineConfig, Consumer>,
  settingsFor: SettingsFor,
): Component {
  const next: Partial<Record<Signal, Consumer>> = {};
  for (const signal of SIGNALS) {
    const fed = [...entries].filter(([{ signal: of, receivers }]) => of === signal && receivers.includes(id));
    if (fed.length > 0) next[signal] = fanOut(fed.map(([, entry]) => entry));
  }
  const { factory, config: own } = config.receivers.get(id)!;
  const settings = settingsFor("receiver", id);
  return factory.create(settings, own, (transport): Consumers => observedReceiver(settings.meter, id, transport, next));
}

function usedIds(config: CollectorConfig, kind: "receivers" | "exporters"): string[] {
  return [...new Set(config.pipelines.flatMap((pipeline) => pipeline[kind]))];
}
