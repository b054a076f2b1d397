/** Makes what the environment variables name: samplers, propagators, exporters of each signal. */
import type { TextMapPropagator } from "@opentelemetry/api";
import { BatchLogRecordProcessor } from "../logs/batch-log-record-processor.ts";
import { ConsoleLogRecordExporter } from "../logs/console-log-record-exporter.ts";
import type { LogRecordProcessor } from "../logs/log-record-processor.ts";
import { SimpleLogRecordProcessor } from "../logs/simple-log-record-processor.ts";
import { ConsoleMetricExporter } from "../metrics/console-metric-exporter.ts";
import type { MetricReader } from "../metrics/metric-reader.ts";
import { PeriodicExportingMetricReader } from "../metrics/periodic-exporting-metric-reader.ts";
import { OTLPLogExporter } from "../otlp/otlp-log-exporter.ts";
import { OTLPMetricExporter } from "../otlp/otlp-metric-exporter.ts";
import { OTLPTraceExporter } from "../otlp/otlp-trace-exporter.ts";
import { CompositePropagator } from "../propagation/composite-propagator.ts";
import { W3CBaggagePropagator } from "../propagation/w3c-baggage-propagator.ts";
import { W3CTraceContextPropagator } from "../propagation/w3c-trace-context-propagator.ts";
import { AlwaysOffSampler, AlwaysOnSampler } from "../trace/always-samplers.ts";
import { BatchSpanProcessor } from "../trace/batch-span-processor.ts";
import { ConsoleSpanExporter } from "../trace/console-span-exporter.ts";
import { ParentBasedSampler } from "../trace/parent-based-sampler.ts";
import type { Sampler } from "../trace/sampler.ts";
import { SimpleSpanProcessor } from "../trace/simple-span-processor.ts";
import type { SpanProcessor } from "../trace/span-processor.ts";
import { TraceIdRatioBasedSampler } from "../trace/trace-id-ratio-based-sampler.ts";
import { type Environment, readChoice, readNames, readNumber, readText, warn } from "./environment.ts";

const SAMPLERS = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;

/** Source: specification, "Metrics exporter, standard output". */
const CONSOLE_INTERVAL_MS = 10_000;

/** `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`. */
export function samplerFromEnvironment(env: Environment): Sampler {
  const name = readChoice(env, "OTEL_TRACES_SAMPLER", SAMPLERS) ?? "parentbased_always_on";
  const root = rootSampler(name.replace("parentbased_", ""), env);
  return name.startsWith("parentbased_") ? new ParentBasedSampler({ root }) : root;
}

function rootSampler(name: string, env: Environment): Sampler {
  if (name === "always_off") return new AlwaysOffSampler();
  if (name === "traceidratio") return new TraceIdRatioBasedSampler(ratioFromEnvironment(env));
  return new AlwaysOnSampler();
}

function ratioFromEnvironment(env: Environment): number {
  const text = readText(env, "OTEL_TRACES_SAMPLER_ARG");
  if (text === undefined) return 1;
  const ratio = Number(text);
  if (ratio >= 0 && ratio <= 1) return ratio;
  warn("OTEL_TRACES_SAMPLER_ARG", text, "a number from 0 to 1");
  return 1;
}

/** `OTEL_PROPAGATORS`. */
export function propagatorFromEnvironment(env: Environment): TextMapPropagator {
  const known: Readonly<Record<string, () => TextMapPropagator | undefined>> = {
    tracecontext: () => new W3CTraceContextPropagator(),
    baggage: () => new W3CBaggagePropagator(),
    none: () => undefined,
  };
  return new CompositePropagator({
    propagators: named(env, "OTEL_PROPAGATORS", ["tracecontext", "baggage"], known),
  });
}

/** `OTEL_TRACES_EXPORTER`. */
export function spanProcessorsFromEnvironment(env: Environment): SpanProcessor[] {
  return named<SpanProcessor>(env, "OTEL_TRACES_EXPORTER", ["otlp"], {
    otlp: () => new BatchSpanProcessor(new OTLPTraceExporter({ env }), { env }),
    console: () => new SimpleSpanProcessor(new ConsoleSpanExporter()),
    none: () => undefined,
  });
}

/** `OTEL_METRICS_EXPORTER`. */
export function metricReadersFromEnvironment(env: Environment): MetricReader[] {
  return named<MetricReader>(env, "OTEL_METRICS_EXPORTER", ["otlp"], {
    otlp: () => new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter({ env }), env }),
    console: () =>
      new PeriodicExportingMetricReader({
        exporter: new ConsoleMetricExporter(),
        exportIntervalMillis: readNumber(env, "OTEL_METRIC_EXPORT_INTERVAL", 1) ?? CONSOLE_INTERVAL_MS,
        env,
      }),
    none: () => undefined,
  });
}

/** `OTEL_LOGS_EXPORTER`. */
export function logRecordProcessorsFromEnvironment(env: Environment): LogRecordProcessor[] {
  return named<LogRecordProcessor>(env, "OTEL_LOGS_EXPORTER", ["otlp"], {
    otlp: () => new BatchLogRecordProcessor(new OTLPLogExporter({ env }), { env }),
    console: () => new SimpleLogRecordProcessor(new ConsoleLogRecordExporter()),
    none: () => undefined,
  });
}

/** Makes each of the variable's names that is known; warns about the others. */
function named<Thing>(
  env: Environment,
  variable: string,
  defaults: readonly string[],
  known: Readonly<Record<string, () => Thing | undefined>>,
): Thing[] {
  const things: Thing[] = [];
  for (const name of readNames(env, variable) ?? defaults) {
    const create = Object.hasOwn(known, name) ? known[name] : undefined;
    if (create === undefined) warn(variable, name, `one of ${Object.keys(known).join(", ")}`);
    const thing = create?.();
    if (thing !== undefined) things.push(thing);
  }
  return things;
}
