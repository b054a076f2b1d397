import { LOGS_TABLE } from "../logs.ts";
import { METRIC_TABLES } from "../metrics.ts";
import { SPAN_DURATIONS_QUERY, TRACE_STATEMENTS, TRACE_TIMES_QUERY } from "../traces.ts";
import type { Migration } from "./migration.ts";

/** Points of format 2 by table: what each had beside the columns that all had. */
const POINTS: Readonly<Record<string, readonly string[]>> = {
  metric_samples: ["IntValue", "ValueType"],
  metric_histograms: ["Count", "Sum", "Min", "Max", "Has", "BucketCounts", "ExplicitBounds"],
  metric_exponential_histograms:
    "Count Sum Min Max Has Scale ZeroCount ZeroThreshold PositiveOffset PositiveBucketCounts NegativeOffset NegativeBucketCounts".split(
      " ",
    ),
  metric_summaries: ["Count", "Sum", "Quantiles", "QuantileValues"],
};
const SERIES =
  "Day Fingerprint MetricName PrometheusName MetricType MetricUnit MetricDescription AggregationTemporality IsMonotonic Labels Attributes AttributesTypes Metadata MetadataTypes ServiceName ResourceAttributes ResourceAttributesTypes ResourceDroppedAttributesCount ResourceSchemaUrl ScopeName ScopeVersion ScopeAttributes ScopeAttributesTypes ScopeDroppedAttributesCount ScopeSchemaUrl".split(
    " ",
  );
const EXEMPLARS =
  "Fingerprint Timestamp PointTimestamp IntValue ValueType TraceId SpanId FilteredAttributes FilteredAttributesTypes".split(
    " ",
  );
/** What was one column became two, of which an integer has nothing in the first. */
const DOUBLE_VALUE = "if(ValueType = 2, 0, Value)";

/** Columns that a block with numbers of format 2 may have, and their types. */
const NUMBER_BLOCK: Readonly<Record<string, string>> = {
  Fingerprint: "UInt64",
  Timestamp: "DateTime64(9)",
  StartTimestamp: "DateTime64(9)",
  PointTimestamp: "DateTime64(9)",
  Flags: "UInt32",
  Value: "Float64",
  IntValue: "Int64",
  ValueType: "UInt8",
  TraceId: "String",
  SpanId: "String",
  FilteredAttributes: "Map(LowCardinality(String), String)",
  FilteredAttributesTypes: "LowCardinality(String)",
};
const NUMBER_TARGET = /^(metric_samples|metric_exemplars) \((.*)\)$/;

const CREATED = [...TRACE_STATEMENTS.filter(isOfTable), LOGS_TABLE, ...METRIC_TABLES];
const REPLACED = ["otel_traces", "otel_logs", "metric_series", ...Object.keys(POINTS), "metric_exemplars"];

/**
 * The tables' order, codecs and indexes cannot be altered, so all rows are copied into new tables, which then take the
 * place of the old ones. Each of the four steps comes to the same when it runs twice.
 */
export const MEASURED_LAYOUT: readonly Migration[] = [
  {
    format: 3,
    onlyEmbedded: true,
    does: "copies all rows into tables of the measured layout",
    statements: [
      ...CREATED.flatMap((statement) => [copyOf(statement), `TRUNCATE TABLE ${tableOf(statement)}_new`]),
      "INSERT INTO otel_traces_new SELECT * FROM otel_traces",
      `INSERT INTO otel_traces_trace_id_ts_new ${TRACE_TIMES_QUERY.replace("FROM otel_traces", "FROM otel_traces_new")}`,
      `INSERT INTO span_durations_new ${SPAN_DURATIONS_QUERY}`,
      "INSERT INTO otel_logs_new SELECT * FROM otel_logs",
      copied("metric_series", SERIES),
      ...Object.entries(POINTS).map(([table, columns]) =>
        copied(table, ["Fingerprint", "Timestamp", "StartTimestamp", "Flags", ...columns]),
      ),
      copied("metric_exemplars", EXEMPLARS),
    ],
  },
  {
    format: 4,
    onlyEmbedded: true,
    does: "puts the tables of the old layout aside",
    statements: REPLACED.map((table) => `RENAME TABLE IF EXISTS ${table} TO ${table}_old`),
  },
  {
    format: 5,
    onlyEmbedded: true,
    does: "puts the tables of the measured layout in their place",
    statements: CREATED.map(tableOf).map((table) => `RENAME TABLE IF EXISTS ${table}_new TO ${table}`),
  },
  {
    format: 6,
    onlyEmbedded: true,
    does: "removes the tables of the old layout",
    insertOlder,
    statements: REPLACED.map((table) => `DROP TABLE IF EXISTS ${table}_old SYNC`),
  },
];

/** `Value` is worked out from the other two columns now, and nothing can be inserted into it. */
function insertOlder(target: string): string | undefined {
  const [, table, list = ""] = NUMBER_TARGET.exec(target) ?? [];
  const columns = list.split(", ");
  if (table === undefined || !columns.includes("Value")) return undefined;
  const into = columns.map((column) => (column === "Value" ? "DoubleValue" : column));
  const from = columns.map((column) => (column === "Value" ? DOUBLE_VALUE : column));
  const block = columns.map((column) => `${column} ${NUMBER_BLOCK[column]}`);
  return `INSERT INTO ${table} (${into.join(", ")}) SELECT ${from.join(", ")} FROM input('${block.join(", ")}') FORMAT Native`;
}

function isOfTable(statement: string): boolean {
  return statement.includes("CREATE TABLE");
}

function tableOf(statement: string): string {
  return /CREATE TABLE IF NOT EXISTS (\w+)/.exec(statement)![1]!;
}

function copyOf(statement: string): string {
  return statement.replace(/(CREATE TABLE IF NOT EXISTS \w+)/, "$1_new");
}

function copied(table: string, columns: readonly string[]): string {
  const [to, from] = columns.includes("ValueType")
    ? [
        [...columns, "DoubleValue"],
        [...columns, DOUBLE_VALUE],
      ]
    : [columns, columns];
  return `INSERT INTO ${table}_new (${to.join(", ")}) SELECT ${from.join(", ")} FROM ${table}`;
}
