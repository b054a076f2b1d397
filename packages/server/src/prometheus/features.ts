/** `features`: what clients may ask for, by Prometheus's names. */
import { AGGREGATORS, BINARY_OPERATORS, FUNCTION_NAMES } from "@clew/query";

const MATCHERS = ["=", "!=", "=~", "!~", "@"];
const MODIFIERS =
  "anchored at_modifier bool by delayed_name_removal duration_expr fill fill_left fill_right group_left group_right ignoring negative_offset offset on per_query_lookback_delta smoothed subqueries without";
const NOT_OF_PROMQL = "per_step_stats type_and_unit_labels";

type Features = Readonly<Record<string, Readonly<Record<string, boolean>>>>;

/** `isReceiving`: whether samples are taken here. `isLive`: whether there is a configuration that can be read anew. */
export function features(isReceiving: boolean, isLive: boolean): Features {
  return {
    api: {
      admin: false,
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
    otlp_receiver: { delta_conversion: false, native_delta_ingestion: true },
    prometheus: { agent_mode: false, auto_reload_config: false, server_mode: true },
    promql: { ...all(MODIFIERS.split(" "), true), ...all(NOT_OF_PROMQL.split(" "), false) },
    promql_functions: all(FUNCTION_NAMES, true),
    promql_operators: all([...MATCHERS, ...BINARY_OPERATORS, ...AGGREGATORS], true),
    tsdb: { exemplar_storage: true, native_histograms: true, st_storage: true },
  };
}

function all(names: readonly string[], isThere: boolean): Record<string, boolean> {
  return Object.fromEntries([...names].sort().map((name) => [name, isThere]));
}
