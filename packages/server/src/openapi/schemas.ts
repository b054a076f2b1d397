/** The shapes of the API's answers, as JSON Schema: what Prometheus's own OpenAPI document says of them. */

export type Schema = Readonly<Record<string, unknown>>;

export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

const text: Schema = { type: "string" };
const time: Schema = { type: "string", format: "date-time" };
const flag: Schema = { type: "boolean" };
const whole: Schema = { type: "integer", format: "int64" };
const real: Schema = { type: "number", format: "double" };
const anything: Schema = {};

export const SCALARS: Readonly<Record<"flag" | "text" | "whole", Schema>> = { flag, text, whole };

export function list(items: Schema): Schema {
  return { type: "array", items };
}

function record(values: Schema): Schema {
  return { type: "object", additionalProperties: values };
}

/** All are required but those whose names end in `?`. */
function shape(fields: Readonly<Record<string, Schema>>, more = false): Schema {
  const names = Object.keys(fields);
  const required = names.filter((name) => !name.endsWith("?"));
  const properties = Object.fromEntries(names.map((name) => [name.replace("?", ""), fields[name]]));
  const head = { type: "object", properties, additionalProperties: more };
  return required.length === 0 ? head : { ...head, required };
}

function oneOf(...values: readonly string[]): Schema {
  return { type: "string", enum: values };
}

/** Two items: a time in seconds, and what was then. */
function pair(value: Schema): Schema {
  return { type: "array", items: { anyOf: [{ type: "number" }, value] }, minItems: 2, maxItems: 2 };
}

function answer(data: Schema | undefined): Schema {
  const remarks = { "warnings?": list(text), "infos?": list(text) };
  return shape({ status: oneOf("success", "error"), ...(data === undefined ? {} : { data }), ...remarks });
}

function result(type: string, value: Schema): Schema {
  return shape({ resultType: oneOf(type), result: value, "stats?": ref("QueryStats") });
}

function anyOf(...schemas: readonly Schema[]): Schema {
  return { anyOf: schemas };
}

const TIMINGS = "evalTotalTime resultSortTime queryPreparationTime innerEvalTime execQueueTime execTotalTime".split(
  " ",
);
const counted = list(ref("TSDBStat"));
const metadata = { type: text, help: text, unit: text };
const yamlText = shape({ yaml: text });

export const SCHEMAS: Readonly<Record<string, Schema>> = {
  Error: shape({ status: oneOf("success", "error"), errorType: text, error: text }),
  Labels: { type: "object", additionalProperties: true },

  QueryOutputBody: answer(ref("QueryData")),
  QueryRangeOutputBody: answer(ref("QueryData")),
  QueryExemplarsOutputBody: answer(anything),
  FormatQueryOutputBody: answer(text),
  ParseQueryOutputBody: answer(anything),
  QueryData: anyOf(
    result("vector", list(anyOf(ref("FloatSample"), ref("HistogramSample")))),
    result("matrix", list(anyOf(ref("FloatSeries"), ref("HistogramSeries")))),
    result("scalar", pair(text)),
    result("string", pair(text)),
  ),
  QueryStats: {
    type: "object",
    properties: {
      timings: shape(Object.fromEntries(TIMINGS.map((name) => [`${name}?`, real])), true),
      samples: shape(
        {
          "totalQueryableSamplesPerStep?": list(pair(whole)),
          "totalQueryableSamples?": whole,
          "samplesReadPerStep?": list(pair(whole)),
          "samplesRead?": whole,
          "peakSamples?": whole,
        },
        true,
      ),
    },
  },
  FloatSample: shape({ metric: ref("Labels"), value: pair(text) }),
  FloatSeries: shape({ metric: ref("Labels"), values: list(pair(text)) }),
  HistogramSample: shape({ metric: ref("Labels"), histogram: pair(ref("HistogramValue")) }),
  HistogramSeries: shape({
    metric: ref("Labels"),
    histograms: list(pair(ref("HistogramValue"))),
    "values?": list(pair(text)),
  }),
  HistogramValue: shape({
    count: text,
    sum: text,
    "buckets?": list(list(anyOf({ type: "number" }, text))),
  }),

  LabelsOutputBody: answer(list(text)),
  LabelValuesOutputBody: answer(list(text)),
  SeriesOutputBody: answer(list(ref("Labels"))),
  Metadata: shape(metadata),
  MetadataOutputBody: answer(record(list(ref("Metadata")))),

  Target: shape({
    discoveredLabels: ref("Labels"),
    labels: ref("Labels"),
    scrapePool: text,
    scrapeUrl: text,
    globalUrl: text,
    lastError: text,
    lastScrape: time,
    lastScrapeDuration: real,
    health: text,
    scrapeInterval: text,
    scrapeTimeout: text,
  }),
  DroppedTarget: shape({ discoveredLabels: ref("Labels"), scrapePool: text }),
  TargetDiscovery: shape({
    activeTargets: list(ref("Target")),
    droppedTargets: list(ref("DroppedTarget")),
    // Null where dropped targets are not asked for.
    droppedTargetCounts: { ...record(whole), type: ["object", "null"] },
  }),
  TargetsOutputBody: answer(ref("TargetDiscovery")),
  MetricMetadata: shape({ target: ref("Labels"), "metric?": text, ...metadata }),
  TargetMetadataOutputBody: answer(list(ref("MetricMetadata"))),
  ScrapePoolsDiscovery: shape({ scrapePools: list(text) }),
  ScrapePoolsOutputBody: answer(ref("ScrapePoolsDiscovery")),
  ScrapePoolConfigData: yamlText,
  ScrapePoolConfigOutputBody: answer(ref("ScrapePoolConfigData")),
  Config: shape({
    "source_labels?": list(text),
    "separator?": text,
    "regex?": text,
    "modulus?": whole,
    "target_label?": text,
    "replacement?": text,
    "action?": text,
  }),
  RelabelStep: shape({ rule: ref("Config"), output: ref("Labels"), keep: flag }),
  RelabelStepsResponse: shape({ steps: list(ref("RelabelStep")) }),
  TargetRelabelStepsOutputBody: answer(ref("RelabelStepsResponse")),

  RuleGroup: shape({
    name: text,
    file: text,
    rules: list({ type: "object" }),
    interval: real,
    limit: whole,
    evaluationTime: real,
    lastEvaluation: time,
  }),
  RuleDiscovery: shape({ groups: list(ref("RuleGroup")), "groupNextToken?": text }),
  RulesOutputBody: answer(ref("RuleDiscovery")),
  Alert: shape({
    labels: ref("Labels"),
    annotations: ref("Labels"),
    state: text,
    value: text,
    "activeAt?": time,
    "keepFiringSince?": time,
  }),
  AlertDiscovery: shape({ alerts: list(ref("Alert")) }),
  AlertsOutputBody: answer(ref("AlertDiscovery")),
  AlertmanagerTarget: shape({ url: text }),
  AlertmanagerDiscovery: shape({
    activeAlertmanagers: list(ref("AlertmanagerTarget")),
    droppedAlertmanagers: list(ref("AlertmanagerTarget")),
  }),
  AlertmanagersOutputBody: answer(ref("AlertmanagerDiscovery")),

  StatusConfigData: yamlText,
  StatusConfigOutputBody: answer(ref("StatusConfigData")),
  RuntimeInfo: shape({
    startTime: time,
    CWD: text,
    hostname: text,
    serverTime: time,
    reloadConfigSuccess: flag,
    lastConfigTime: time,
    corruptionCount: whole,
    goroutineCount: whole,
    GOMAXPROCS: whole,
    GOMEMLIMIT: whole,
    GOGC: text,
    GODEBUG: text,
    storageRetention: text,
  }),
  StatusRuntimeInfoOutputBody: answer(ref("RuntimeInfo")),
  PrometheusVersion: shape({
    version: text,
    revision: text,
    branch: text,
    buildUser: text,
    buildDate: text,
    goVersion: text,
  }),
  StatusBuildInfoOutputBody: answer(ref("PrometheusVersion")),
  StatusFlagsOutputBody: answer(record(text)),
  HeadStats: shape({ numSeries: whole, numLabelPairs: whole, chunkCount: whole, minTime: whole, maxTime: whole }),
  TSDBStat: shape({ name: text, value: whole }),
  TSDBStatus: shape({
    headStats: ref("HeadStats"),
    seriesCountByMetricName: counted,
    labelValueCountByLabelName: counted,
    memoryInBytesByLabelName: counted,
    seriesCountByLabelValuePair: counted,
  }),
  StatusTSDBOutputBody: answer(ref("TSDBStatus")),
  BlockDesc: shape({ ulid: text, minTime: whole, maxTime: whole }),
  BlockStats: shape({
    "numSamples?": whole,
    "numSeries?": whole,
    "numChunks?": whole,
    "numTombstones?": whole,
    "numFloatSamples?": whole,
    "numHistogramSamples?": whole,
  }),
  BlockMetaCompaction: shape({
    level: whole,
    "sources?": list(text),
    "parents?": list(ref("BlockDesc")),
    "failed?": flag,
    "deletable?": flag,
    "hints?": list(text),
  }),
  BlockMeta: shape({
    ulid: text,
    minTime: whole,
    maxTime: whole,
    "stats?": ref("BlockStats"),
    compaction: ref("BlockMetaCompaction"),
    version: whole,
  }),
  StatusTSDBBlocksData: shape({ blocks: list(ref("BlockMeta")) }),
  StatusTSDBBlocksOutputBody: answer(ref("StatusTSDBBlocksData")),
  StatusWALReplayData: shape({ min: whole, max: whole, current: whole }),
  StatusSelfMetricsOutputBody: answer(anything),
  StatusWALReplayOutputBody: answer(ref("StatusWALReplayData")),

  DeleteSeriesOutputBody: answer(undefined),
  CleanTombstonesOutputBody: answer(undefined),
  DataStruct: shape({ name: text }),
  SnapshotOutputBody: answer(ref("DataStruct")),
  Notification: shape({ text, date: time, active: flag }),
  NotificationsOutputBody: answer(list(ref("Notification"))),
  FeaturesOutputBody: answer(anything),
};
