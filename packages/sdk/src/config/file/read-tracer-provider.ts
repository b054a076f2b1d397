import { OTLPFileTraceExporter } from "../../exporters/file/otlp-file-exporters.ts";
import { ZipkinExporter } from "../../exporters/zipkin/zipkin-exporter.ts";
import { OTLPTraceExporter } from "../../otlp/otlp-trace-exporter.ts";
import type { Resource } from "../../resource/resource.ts";
import { BatchSpanProcessor } from "../../trace/batch-span-processor.ts";
import { ConsoleSpanExporter } from "../../trace/console-span-exporter.ts";
import { type IdGenerator, RandomIdGenerator } from "../../trace/id-generator.ts";
import { SimpleSpanProcessor } from "../../trace/simple-span-processor.ts";
import type { SpanExporter } from "../../trace/span-exporter.ts";
import type { SpanProcessor } from "../../trace/span-processor.ts";
import { TracerProvider } from "../../trace/tracer-provider.ts";
import { type Plan, readComponent, type ReadComponent, requiredComponent } from "./component.ts";
import type { ComponentProviderRegistry } from "./component-provider.ts";
import { readBatch } from "./read-batch.ts";
import { type AttributeLimitDefaults, readSpanLimits } from "./read-limits.ts";
import { readOtlpFile, readOtlpGrpc, readOtlpHttp, readTimeout } from "./read-otlp-exporter.ts";
import { readConfigurator, readScopeConfig } from "./read-configurator.ts";
import { readSampler } from "./read-sampler.ts";
import type { Section } from "./section.ts";

/** What the parts of a file share. */
export interface FileContext {
  readonly registry: ComponentProviderRegistry;
  readonly attributeLimits: AttributeLimitDefaults;
  /** The same one each time. */
  readonly resource: Plan<Resource>;
}

export function readTracerProvider(section: Section, context: FileContext): Plan<TracerProvider> {
  const { registry, resource, attributeLimits } = context;
  const processors = (section.sections("processors") ?? section.missing("processors") ?? []).map((one) =>
    readSpanProcessor(one, registry),
  );
  const spanLimits = readSpanLimits(section.section("limits"), attributeLimits);
  const samplerSection = section.section("sampler");
  const sampler = samplerSection && readSampler(samplerSection, registry, () => serviceNameOf(resource()));
  const idGeneratorSection = section.section("id_generator");
  const idGenerator = idGeneratorSection && readIdGenerator(idGeneratorSection, registry);
  const tracerConfigurator = section
    .section("tracer_configurator/development")
    ?.read((one) => readConfigurator(one, "tracers", readScopeConfig));
  return () =>
    new TracerProvider({
      resource: resource(),
      spanProcessors: processors.map((plan) => plan()),
      spanLimits,
      ...(sampler !== undefined && { sampler: sampler() }),
      ...(tracerConfigurator !== undefined && { tracerConfigurator }),
      ...(idGenerator !== undefined && { idGenerator: idGenerator() }),
    });
}

function readSpanProcessor(section: Section, registry: ComponentProviderRegistry): Plan<SpanProcessor> {
  const exporterOf = (one: Section): Plan<SpanExporter> =>
    requiredComponent(one, "exporter", (exporter) => readSpanExporter(exporter, registry));
  const builtIn: Readonly<Record<string, ReadComponent<SpanProcessor>>> = {
    batch: (one) => {
      const [config, exporter] = [readBatch(one), exporterOf(one)];
      return () => new BatchSpanProcessor(exporter(), config);
    },
    simple: (one) => {
      const exporter = exporterOf(one);
      return () => new SimpleSpanProcessor(exporter());
    },
  };
  return readComponent(section, "span_processor", builtIn, registry);
}

function readSpanExporter(section: Section, registry: ComponentProviderRegistry): Plan<SpanExporter> {
  return readComponent(section, "span_exporter", SPAN_EXPORTERS, registry);
}

const SPAN_EXPORTERS: Readonly<Record<string, ReadComponent<SpanExporter>>> = {
  otlp_http: (section) => {
    const config = readOtlpHttp(section);
    return () => new OTLPTraceExporter(config);
  },
  otlp_grpc: (section) => {
    const config = readOtlpGrpc(section);
    return () => new OTLPTraceExporter(config);
  },
  "otlp_file/development": (section) => {
    const config = readOtlpFile(section);
    return () => new OTLPFileTraceExporter(config);
  },
  console: () => () => new ConsoleSpanExporter(),
  // No longer in the schema, but in the files of those who have Zipkin.
  zipkin: (section) => {
    const url = section.text("endpoint");
    const timeoutMillis = readTimeout(section, "timeout");
    return () =>
      new ZipkinExporter({
        env: {},
        ...(url !== undefined && { url }),
        ...(timeoutMillis !== undefined && { timeoutMillis }),
      });
  },
};

function readIdGenerator(section: Section, registry: ComponentProviderRegistry): Plan<IdGenerator> {
  return readComponent(section, "id_generator", { random: () => () => new RandomIdGenerator() }, registry);
}

function serviceNameOf({ attributes }: Resource): string {
  const name = attributes["service.name"];
  return typeof name === "string" ? name : "";
}
