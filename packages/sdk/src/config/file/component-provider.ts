import { diag } from "@opentelemetry/api";
import type { LogRecordExporter } from "../../logs/log-record-exporter.ts";
import type { LogRecordProcessor } from "../../logs/log-record-processor.ts";
import type { PushMetricExporter } from "../../metrics/metric-exporter.ts";
import type { IMetricReader, MetricProducer } from "../../metrics/metric-reader.ts";
import type { ResourceDetector } from "../../resource/detector.ts";
import type { IdGenerator } from "../../trace/id-generator.ts";
import type { Sampler } from "../../trace/sampler.ts";
import type { ComposableSampler } from "../../trace/sampling/composable-sampler.ts";
import type { SpanExporter } from "../../trace/span-exporter.ts";
import type { SpanProcessor } from "../../trace/span-processor.ts";
import type { TextMapPropagator } from "@opentelemetry/api";
import type { Properties } from "./section.ts";

/** The kinds of components that a configuration file may name, and what a provider of each makes. */
export interface ComponentTypes {
  readonly composable_sampler: ComposableSampler;
  readonly id_generator: IdGenerator;
  readonly log_record_exporter: LogRecordExporter;
  readonly log_record_processor: LogRecordProcessor;
  readonly metric_exporter: PushMetricExporter;
  readonly metric_producer: MetricProducer;
  /** For `pull` readers: the reader itself, which is what is read from. */
  readonly pull_metric_exporter: IMetricReader;
  readonly resource_detector: ResourceDetector;
  readonly sampler: Sampler;
  readonly span_exporter: SpanExporter;
  readonly span_processor: SpanProcessor;
  readonly text_map_propagator: TextMapPropagator;
}
export type ComponentType = keyof ComponentTypes;

/** Makes components of one type and name, which configuration files then may use. */
export interface ComponentProvider<Type extends ComponentType = ComponentType> {
  readonly type: Type;
  readonly name: string;
  /** `properties` is what the file has below the name. May throw: the file is then refused with what it says. */
  create(properties: Properties): ComponentTypes[Type];
}

/** Source: specification, "Register PluginComponentProvider". */
export class ComponentProviderRegistry {
  // type --> name --> the provider
  readonly #providers = new Map<ComponentType, Map<string, ComponentProvider>>();

  /** `false`, and a message, when there is one of this type and name already; it stays. */
  register<Type extends ComponentType>(provider: ComponentProvider<Type>): boolean {
    const ofType = this.#providers.get(provider.type) ?? new Map<string, ComponentProvider>();
    if (ofType.has(provider.name)) {
      diag.error(`a component provider for ${provider.type} ${provider.name} is registered already, and stays`);
      return false;
    }
    this.#providers.set(provider.type, ofType.set(provider.name, provider));
    return true;
  }

  get<Type extends ComponentType>(type: Type, name: string): ComponentProvider<Type> | undefined {
    return this.#providers.get(type)?.get(name) as ComponentProvider<Type> | undefined;
  }

  names(type: ComponentType): string[] {
    return [...(this.#providers.get(type)?.keys() ?? [])];
  }
}
