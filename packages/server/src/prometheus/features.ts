/** `features`: what clients may ask for, by Prometheus's names. */
import {
  AGGREGATORS,
  BINARY_OPERATORS,
  EXPERIMENTAL_AGGREGATORS,
  EXPERIMENTAL_FUNCTIONS,
  FUNCTION_NAMES,
  type PromqlFeatures,
} from "@clew/query";

const MATCHERS = ["=~", "!~", "@"];
const STABLE_MODIFIERS =
  "at_modifier bool by duration_expr group_left group_right ignoring negative_offset offset on per_query_lookback_delta subqueries without";

/** What is experimental in Prometheus and no matter of queries, where it is on. */
export interface SwitchedOn {
  /** The configuration is read anew when its file changes. */
  readonly autoReload?: boolean;
}

export interface FeatureSettings {
  /** Whether samples are taken here. */
  readonly isReceiving: boolean;
  /** Whether there is a configuration that can be read anew. */
  readonly isLive: boolean;
  readonly promql: PromqlFeatures;
  readonly switchedOn: SwitchedOn;
}

type Flags = Readonly<Record<string, boolean>>;

export function features({
  isReceiving,
  isLive,
  promql,
  switchedOn,
}: FeatureSettings): Readonly<Record<string, Flags>> {
  return {
    api: {
      admin: false,
      exclude_alerts: true,
      label_values_match: true,
      lifecycle: isLive,
      "openapi_3.1": true,
      otlp_write_receiver: isReceiving,
      query_stats: true,
      query_warnings: true,
      remote_write_receiver: isReceiving,
      search: false,
      time_range_labels: true,
      time_range_series: true,
    },
    // Deltas are stored as they come, and summed up where they are read.
    otlp_receiver: { delta_conversion: true, native_delta_ingestion: false },
    prometheus: { agent_mode: false, auto_reload_config: switchedOn.autoReload ?? false, server_mode: true },
    promql: modifiers(promql),
    promql_functions: each(FUNCTION_NAMES, (name) => !EXPERIMENTAL_FUNCTIONS.has(name) || promql.experimentalFunctions),
    promql_operators: each(
      [...MATCHERS, ...BINARY_OPERATORS, ...AGGREGATORS],
      (name) => !EXPERIMENTAL_AGGREGATORS.has(name) || promql.experimentalFunctions,
    ),
    rules: { concurrent_rule_eval: false, keep_firing_for: true, query_offset: true },
    scrape: {
      extra_scrape_metrics: true,
      start_timestamp_zero_ingestion: false,
      type_and_unit_labels: promql.typeAndUnitLabels,
    },
    tsdb: { exemplar_storage: true, native_histograms: true, st_storage: true },
  };
}

function modifiers(promql: PromqlFeatures): Flags {
  const switched: Flags = {
    anchored: promql.extendedRangeSelectors,
    delayed_name_removal: promql.delayedNameRemoval,
    fill: promql.binopFillModifiers,
    fill_left: promql.binopFillModifiers,
    fill_right: promql.binopFillModifiers,
    per_step_stats: promql.perStepStatistics,
    smoothed: promql.extendedRangeSelectors,
    type_and_unit_labels: promql.typeAndUnitLabels,
  };
  return each([...STABLE_MODIFIERS.split(" "), ...Object.keys(switched)], (name) => switched[name] ?? true);
}

function each(names: readonly string[], isThere: (name: string) => boolean): Flags {
  return Object.fromEntries([...names].sort().map((name) => [name, isThere(name)]));
}
