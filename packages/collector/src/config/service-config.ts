/** `service`: which pipelines run, and what the collector tells of itself. */
import {
  anything,
  boolean,
  duration,
  field,
  inAnyCase,
  integer,
  list,
  map,
  oneOf,
  optional,
  section,
  string,
  type Schema,
} from "../schema/schema.ts";
import { periodicReader, processorList, type PeriodicReader, type Processors } from "../telemetry/otlp-target.ts";
import { tracesSchema, type TracesConfig } from "../telemetry/traces-config.ts";

export interface PipelineSection {
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
}

interface PrometheusReader {
  readonly host: string;
  readonly port: number;
  readonly without_scope_info: boolean;
  readonly without_units: boolean;
  readonly without_type_suffix: boolean;
  readonly with_resource_constant_labels: unknown;
}

interface MetricsReader {
  readonly periodic: PeriodicReader | undefined;
  readonly pull: { readonly exporter: { readonly prometheus: PrometheusReader | undefined } } | undefined;
}

export interface SamplingConfig {
  readonly enabled: boolean;
  readonly tick: number;
  readonly initial: number;
  readonly thereafter: number;
}

export interface TelemetryConfig {
  readonly metrics: {
    readonly level: "none" | "basic" | "normal" | "detailed";
    readonly readers: readonly MetricsReader[] | undefined;
    readonly address: unknown;
  };
  readonly logs: {
    readonly level: "debug" | "info" | "warn" | "error";
    readonly encoding: "console" | "json";
    readonly development: boolean;
    readonly disable_caller: boolean;
    readonly disable_stacktrace: boolean;
    readonly sampling: SamplingConfig;
    readonly initial_fields: Readonly<Record<string, unknown>>;
    readonly output_paths: readonly string[];
    readonly error_output_paths: readonly string[];
    readonly processors: readonly Processors[];
  };
  readonly traces: TracesConfig;
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface ServiceConfig {
  readonly extensions: readonly string[];
  readonly pipelines: Readonly<Record<string, PipelineSection>>;
  readonly telemetry: TelemetryConfig;
}

const ids: Schema<readonly string[]> = list(string);

const pipeline: Schema<PipelineSection> = section({
  receivers: field(ids, undefined, "Ids of the receivers that feed it."),
  processors: field(ids, undefined, "Ids of the processors, in the order in which data passes them."),
  exporters: field(ids, undefined, "Ids of the exporters that each get everything."),
});

const prometheusReader: Schema<PrometheusReader> = section({
  host: field(string, "localhost", "Where `/metrics` is served."),
  port: field(integer(0, 65_535), 8888, "Its port."),
  without_scope_info: field(boolean, true, "Accepted; scope labels are never written."),
  without_units: field(boolean, true, "Whether names go without their unit."),
  without_type_suffix: field(
    boolean,
    true,
    "Whether counters go without `_total`, as the Collector names them; Prometheus would have it.",
  ),
  with_resource_constant_labels: field(anything, undefined, "Accepted; not applied."),
});

const reader: Schema<MetricsReader> = section({
  periodic: field(optional(periodicReader), undefined, "Metrics that are sent over OTLP."),
  pull: field(
    optional(
      section({
        exporter: field(
          section({ prometheus: field(optional(prometheusReader), undefined, "Prometheus's text format over HTTP.") }),
          undefined,
          "In which format.",
        ),
      }),
    ),
    undefined,
    "Metrics that are fetched.",
  ),
});

const metrics: Schema<TelemetryConfig["metrics"]> = section({
  level: field(
    inAnyCase(oneOf("none", "basic", "normal", "detailed")),
    "normal",
    "`none` turns the collector's own metrics off.",
  ),
  readers: field(
    optional(list(reader)),
    undefined,
    "Where they can be had; by default Prometheus text at localhost:8888.",
  ),
  address: field(anything, undefined, "Ignored since v0.123; use `readers`."),
});

const sampling: Schema<SamplingConfig> = section<SamplingConfig>({
  enabled: field(boolean, true, "Whether lines are sampled."),
  tick: field(duration, "10s", "The time in which lines with the same message are counted."),
  initial: field(integer(), 10, "How many of them are written before sampling begins."),
  thereafter: field(integer(), 100, "Of the further ones every so-manieth is written."),
});

const logs: Schema<TelemetryConfig["logs"]> = section({
  level: field(inAnyCase(oneOf("debug", "info", "warn", "error")), "info", "Lines below it are left out."),
  encoding: field(oneOf("console", "json"), "console", "How lines are written: for people, or as JSON."),
  development: field(boolean, false, "Accepted for compatibility."),
  disable_caller: field(boolean, false, "Accepted for compatibility."),
  disable_stacktrace: field(boolean, false, "Accepted for compatibility."),
  sampling: field(sampling, undefined, "Of many lines with the same message, few are written."),
  initial_fields: field(map(anything), undefined, "Fields that every line gets."),
  output_paths: field(list(string), ["stderr"], "Accepted; lines go to standard error."),
  error_output_paths: field(list(string), ["stderr"], "Accepted; lines go to standard error."),
  processors: field(processorList(1_000), undefined, "Where lines go over OTLP, beside standard error."),
});

export const serviceSchema: Schema<ServiceConfig> = section({
  extensions: field(ids, undefined, "Ids of the extensions that run."),
  pipelines: field(map(pipeline), undefined, "The pipelines by id, `traces`, `metrics/second`, …"),
  telemetry: field(
    section<TelemetryConfig>({
      metrics: field(metrics, undefined, "Its own metrics."),
      logs: field(logs, undefined, "Its own log."),
      traces: field(tracesSchema, undefined, "Its own traces."),
      resource: field(map(anything), undefined, "Attributes of the collector itself, in its log and in `target_info`."),
    }),
    undefined,
    "What the collector tells of itself.",
  ),
});
