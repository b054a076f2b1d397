/** What can be asked, with what parameters, and the shape of the answer. */
import { list, SCALARS, type Schema } from "./schemas.ts";

export interface Operation {
  readonly path: string;
  readonly methods: readonly ("get" | "post" | "put")[];
  readonly summary: string;
  /** Required where the name ends in `!`; `{name}` of the path too. */
  readonly parameters: Readonly<Record<string, Schema>>;
  /** Of `SCHEMAS`; undefined where the answer is no JSON. */
  readonly output: string | undefined;
}

const { flag, text, whole } = SCALARS;
const texts = list(text);
const READ = ["get"] as const;
const ASK = ["get", "post"] as const;
const CHANGE = ["put", "post"] as const;
const SEND = ["post"] as const;

const query = { limit: whole, "query!": text, timeout: text, lookback_delta: text, stats: text };
const window = { start: text, end: text };
const selection = { ...window, "match[]": texts, limit: whole };

const search = {
  ...selection,
  "search[]": texts,
  fuzz_threshold: whole,
  fuzz_alg: text,
  case_sensitive: flag,
  sort_by: text,
  sort_dir: text,
  include_score: flag,
  batch_size: whole,
};

function operation(
  path: string,
  methods: Operation["methods"],
  output: string | undefined,
  summary: string,
  parameters: Operation["parameters"] = {},
): Operation {
  return { path, methods, output, summary, parameters };
}

export const OPERATIONS: readonly Operation[] = [
  operation("/query", ASK, "QueryOutputBody", "The value of a query at one time", { ...query, time: text }),
  operation("/query_range", ASK, "QueryRangeOutputBody", "The values of a query over a range of times", {
    ...query,
    "start!": text,
    "end!": text,
    "step!": text,
  }),
  operation("/query_exemplars", ASK, "QueryExemplarsOutputBody", "Exemplars of the series that a query names", {
    ...window,
    "query!": text,
  }),
  operation("/format_query", ASK, "FormatQueryOutputBody", "A query in Prometheus's form", { "query!": text }),
  operation("/parse_query", ASK, "ParseQueryOutputBody", "A query's syntax as a tree", { "query!": text }),
  operation("/labels", ASK, "LabelsOutputBody", "Names of labels", selection),
  operation("/label/{name}/values", READ, "LabelValuesOutputBody", "Values of a label", {
    "name!": text,
    ...selection,
  }),
  operation("/search/metric_names", ASK, undefined, "Switched off", { ...search, include_metadata: flag }),
  operation("/search/label_names", ASK, undefined, "Switched off", search),
  operation("/search/label_values", ASK, undefined, "Switched off", { ...search, "label!": text }),
  operation("/series", ASK, "SeriesOutputBody", "Label sets of series", { ...window, "match[]!": texts, limit: whole }),
  operation("/metadata", READ, "MetadataOutputBody", "Types and meanings of metrics", {
    limit: whole,
    limit_per_metric: whole,
    metric: text,
  }),
  operation("/scrape_pools", READ, "ScrapePoolsOutputBody", "Names of scrape configs"),
  operation("/scrape_pools/config", READ, "ScrapePoolConfigOutputBody", "A scrape config", { "scrapePool!": text }),
  operation("/targets", READ, "TargetsOutputBody", "What is scraped, and how that goes", {
    scrapePool: text,
    state: text,
  }),
  operation("/targets/metadata", READ, "TargetMetadataOutputBody", "What targets tell of their metrics", {
    match_target: text,
    metric: text,
    limit: whole,
  }),
  operation("/targets/relabel_steps", READ, "TargetRelabelStepsOutputBody", "What relabelling makes of labels", {
    "scrapePool!": text,
    "labels!": text,
  }),
  operation("/rules", READ, "RulesOutputBody", "Recording and alerting rules, and how they are", {
    type: text,
    "rule_name[]": texts,
    "rule_group[]": texts,
    "file[]": texts,
    "match[]": texts,
    exclude_alerts: text,
    group_limit: whole,
    group_next_token: text,
  }),
  operation("/alerts", READ, "AlertsOutputBody", "Alerts that are pending or firing"),
  operation("/alertmanagers", READ, "AlertmanagersOutputBody", "Who is told of alerts"),
  operation("/status/config", READ, "StatusConfigOutputBody", "What of Prometheus's configuration counts"),
  operation("/status/runtimeinfo", READ, "StatusRuntimeInfoOutputBody", "How the program runs"),
  operation("/status/buildinfo", READ, "StatusBuildInfoOutputBody", "The version whose API this is"),
  operation("/status/flags", READ, "StatusFlagsOutputBody", "What holds of Prometheus's command line"),
  operation("/status/tsdb", READ, "StatusTSDBOutputBody", "What makes series many", { limit: whole }),
  operation("/status/tsdb/blocks", READ, "StatusTSDBBlocksOutputBody", "Blocks of a TSDB, of which there are none"),
  operation("/status/self_metrics", READ, "StatusSelfMetricsOutputBody", "The program's own metrics", {
    metric_name_pattern: text,
  }),
  operation("/status/walreplay", READ, "StatusWALReplayOutputBody", "How far the replay of a log is"),
  operation("/admin/tsdb/delete_series", CHANGE, "DeleteSeriesOutputBody", "Switched off", {
    "match[]!": texts,
    ...window,
  }),
  operation("/admin/tsdb/clean_tombstones", CHANGE, "CleanTombstonesOutputBody", "Switched off"),
  operation("/admin/tsdb/snapshot", CHANGE, "SnapshotOutputBody", "Switched off", { skip_head: text }),
  operation("/read", SEND, undefined, "Remote read"),
  operation("/write", SEND, undefined, "Remote write 1.0 and 2.0"),
  operation("/otlp/v1/metrics", SEND, undefined, "Metrics over OTLP"),
  operation("/notifications", READ, "NotificationsOutputBody", "What somebody should do something about"),
  operation("/features", READ, "FeaturesOutputBody", "What can be asked for"),
];
