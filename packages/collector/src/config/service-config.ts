/** `service`: which pipelines run, and what the collector tells of itself. */
import {
  anything,
  boolean,
  field,
  integer,
  list,
  map,
  oneOf,
  optional,
  section,
  string,
  type Schema,
} from "../schema/schema.ts";

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
  readonly pull: { readonly exporter: { readonly prometheus: PrometheusReader | undefined } } | undefined;
}

export interface TelemetryConfig {
  readonly metrics: {
    readonly level: "none" | "basic" | "normal" | "detailed";
    readonly readers: readonly MetricsReader[] | undefined;
    readonly address: unknown;
  };
  readonly logs: {
    readonly level: "debug" | "info" | "warn" | "error";
    readonly encoding: "console";
    readonly development: boolean;
    readonly disable_caller: boolean;
    readonly disable_stacktrace: boolean;
  };
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
  without_units: field(boolean, true, "Accepted; names are the Collector's."),
  without_type_suffix: field(boolean, true, "Accepted; counters end in `_total`, as Prometheus asks."),
  with_resource_constant_labels: field(anything, undefined, "Accepted; not applied."),
});

const reader: Schema<MetricsReader> = section({
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
  level: field(oneOf("none", "basic", "normal", "detailed"), "normal", "`none` turns the collector's own metrics off."),
  readers: field(
    optional(list(reader)),
    undefined,
    "Where they can be had; by default Prometheus text at localhost:8888.",
  ),
  address: field(anything, undefined, "Ignored since v0.123; use `readers`."),
});

const logs: Schema<TelemetryConfig["logs"]> = section({
  level: field(oneOf("debug", "info", "warn", "error"), "info", "Lines below it are left out."),
  encoding: field(oneOf("console"), "console", "How lines are written."),
  development: field(boolean, false, "Accepted for compatibility."),
  disable_caller: field(boolean, false, "Accepted for compatibility."),
  disable_stacktrace: field(boolean, false, "Accepted for compatibility."),
});

export const serviceSchema: Schema<ServiceConfig> = section({
  extensions: field(ids, undefined, "Ids of the extensions that run."),
  pipelines: field(map(pipeline), undefined, "The pipelines by id, `traces`, `metrics/second`, …"),
  telemetry: field(
    section<TelemetryConfig>({
      metrics: field(metrics, undefined, "Its own metrics."),
      logs: field(logs, undefined, "Its own log."),
      resource: field(map(anything), undefined, "Accepted for compatibility."),
    }),
    undefined,
    "What the collector tells of itself.",
  ),
});
