import {
  boolean,
  duration,
  field,
  integer,
  list,
  oneOf,
  optional,
  section,
  string,
  type Schema,
} from "../../../schema/schema.ts";

export interface Dimension {
  readonly name: string;
  readonly default: string | undefined;
}

export interface HistogramConfig {
  readonly disable: boolean;
  readonly unit: "ms" | "s";
  readonly explicit: { readonly buckets: readonly number[] } | undefined;
  readonly exponential: { readonly max_size: number } | undefined;
  readonly dimensions: readonly Dimension[];
}

export interface SpanmetricsConfig {
  readonly namespace: string;
  readonly histogram: HistogramConfig;
  readonly dimensions: readonly Dimension[];
  readonly calls_dimensions: readonly Dimension[];
  readonly exclude_dimensions: readonly string[];
  readonly exemplars: { readonly enabled: boolean; readonly max_per_data_point: number };
  readonly events: { readonly enabled: boolean; readonly dimensions: readonly Dimension[] };
  readonly aggregation_temporality: "AGGREGATION_TEMPORALITY_CUMULATIVE" | "AGGREGATION_TEMPORALITY_DELTA";
  readonly metrics_flush_interval: number;
  readonly metrics_expiration: number;
  readonly aggregation_cardinality_limit: number;
  readonly resource_metrics_key_attributes: readonly string[];
  readonly resource_metrics_cache_size: number;
  readonly add_resource_attributes: boolean;
  readonly include_instrumentation_scope: readonly string[];
  readonly dimensions_cache_size: number;
  readonly metric_timestamp_cache_size: number;
}

/** Dimensions that every metric has unless they are excluded. */
export const COMMON_DIMENSIONS = ["service.name", "span.name", "span.kind", "status.code"] as const;

const dimension: Schema<Dimension> = section<Dimension>(
  {
    name: field(string, "", "The attribute of the span, or else of its resource."),
    default: field(
      optional(string),
      undefined,
      "What stands where the attribute is missing; without it the dimension is left out.",
    ),
  },
  ({ name }, place) => {
    if (name === "") place.at("name").problem("name must not be empty");
  },
);

const dimensions: Schema<readonly Dimension[]> = list(dimension);

const histogram: Schema<HistogramConfig> = section<HistogramConfig>(
  {
    disable: field(boolean, false, "Whether durations are not measured."),
    unit: field(oneOf("ms", "s"), "ms", "In what they are told."),
    explicit: field(
      optional(
        section<NonNullable<HistogramConfig["explicit"]>>({
          buckets: field(
            list(duration),
            [
              "2ms",
              "4ms",
              "6ms",
              "8ms",
              "10ms",
              "50ms",
              "100ms",
              "200ms",
              "400ms",
              "800ms",
              "1s",
              "1400ms",
              "2s",
              "5s",
              "10s",
              "15s",
            ],
            "The upper bounds of the buckets.",
          ),
        }),
      ),
      undefined,
      "Histograms with fixed buckets; this is the default.",
    ),
    exponential: field(
      optional(
        section<NonNullable<HistogramConfig["exponential"]>>({
          max_size: field(integer(1), 160, "The most buckets."),
        }),
      ),
      undefined,
      "Exponential histograms instead.",
    ),
    dimensions: field(dimensions, undefined, "Dimensions that only the durations have."),
  },
  ({ explicit, exponential }, place) => {
    if (explicit !== undefined && exponential !== undefined)
      place.problem("use either `explicit` or `exponential` buckets histogram");
  },
);

export const schema: Schema<SpanmetricsConfig> = section<SpanmetricsConfig>(
  {
    namespace: field(string, "traces.span.metrics", "What stands before the metrics' names."),
    histogram: field(histogram, undefined, "How durations are measured."),
    dimensions: field(dimensions, undefined, "Dimensions beside service, name, kind and status."),
    calls_dimensions: field(dimensions, undefined, "Dimensions that only the calls have."),
    exclude_dimensions: field(list(string), undefined, "Common dimensions to leave out."),
    exemplars: field(
      section<SpanmetricsConfig["exemplars"]>({
        enabled: field(boolean, false, "Whether durations bear the ids of spans as examples."),
        max_per_data_point: field(integer(), 5, "How many each data point has; 0 has no limit."),
      }),
      undefined,
      "Examples that lead to traces.",
    ),
    events: field(
      section<SpanmetricsConfig["events"]>(
        {
          enabled: field(boolean, false, "Whether span events are counted."),
          dimensions: field(
            dimensions,
            undefined,
            "Attributes of events that become dimensions. Required where enabled.",
          ),
        },
        (config, place) => {
          if (config.enabled && config.dimensions.length === 0) place.problem("no dimensions configured for events");
        },
      ),
      undefined,
      "The metric of span events.",
    ),
    aggregation_temporality: field(
      oneOf("AGGREGATION_TEMPORALITY_CUMULATIVE", "AGGREGATION_TEMPORALITY_DELTA"),
      "AGGREGATION_TEMPORALITY_CUMULATIVE",
      "Whether totals are told, or what came since the last time.",
    ),
    metrics_flush_interval: field(duration, "60s", "How often metrics are handed on."),
    metrics_expiration: field(duration, "0", "A series that got nothing for so long is told no more; 0 never forgets."),
    aggregation_cardinality_limit: field(
      integer(),
      0,
      "How many series a resource may have; further ones are counted together as `otel.metric.overflow`. 0 has no limit.",
    ),
    resource_metrics_key_attributes: field(
      list(string),
      undefined,
      "The resource attributes that tell resources apart; all where none is named.",
    ),
    resource_metrics_cache_size: field(
      integer(1),
      1_000,
      "How many resources are kept; the one longest unused goes first.",
    ),
    add_resource_attributes: field(boolean, true, "Whether metrics have the resource of their spans."),
    include_instrumentation_scope: field(list(string), undefined, "Scopes whose names become dimensions."),
    dimensions_cache_size: field(integer(), 1_000, "Accepted; dimensions are not cached."),
    metric_timestamp_cache_size: field(integer(), 1_000, "Accepted; each series keeps its own time."),
  },
  (config, place) => {
    for (const key of ["dimensions", "calls_dimensions"] as const) {
      const names = [...COMMON_DIMENSIONS, ...config[key].map(({ name }) => name)];
      const twice = names.find((name, i) => names.indexOf(name) !== i);
      if (twice !== undefined) place.at(key).problem(`duplicate dimension name ${twice}`);
    }
    if (config.metrics_flush_interval <= 0)
      place.at("metrics_flush_interval").problem("metrics_flush_interval must be positive");
  },
);
