export { decode } from "./decode.ts";
export type * from "./decoded.ts";
export { encode } from "./encode.ts";
export { fromJson } from "./json/from-json.ts";
export { toJson } from "./json/to-json.ts";
export { mapResources } from "./map-resources.ts";
export { partitionPayload, traceIdOf, type RecordPlace } from "./partition-payload.ts";
export {
  concatPayloads,
  payloadBytes,
  payloadOf,
  payloadOfJson,
  payloadOfOwn,
  withoutBytes,
  type Client,
  type Payload,
} from "./payload.ts";
export {
  prometheusLabelName,
  prometheusMetricName,
  prometheusUnitName,
  type PrometheusLabelOptions,
  type PrometheusNameOptions,
  type PrometheusNameType,
} from "./prometheus-name.ts";
export {
  decodeResponse,
  decodeStatus,
  encodeResponse,
  encodeStatus,
  responseJson,
  RPC_CODE,
  statusJson,
  type PartialSuccess,
  type Status,
} from "./response.ts";
export { AnyValue, KeyValue, Resource } from "./schema/common.ts";
export { SPAN_KINDS, STATUS_CODES } from "./schema/trace.ts";
export { PROTOCOLS, SIGNALS, type Signal } from "./signal.ts";
export { splitPayload } from "./split-payload.ts";
export type { Counts } from "./validate.ts";
export { AttributesView } from "./view/attributes-view.ts";
export { MessageView, type Scalar } from "./view/message-view.ts";
export { dataOf, METRIC_DATA, pointsOf, recordType, TelemetryView, type MetricData } from "./view/telemetry-view.ts";
export { valueBytes, valueFromBytes, valueObject, type Value, type ValueMap } from "./view/value.ts";
export { KnownBytes } from "./wire/known-bytes.ts";
export { Reader } from "./wire/reader.ts";
export { LENGTH_DELIMITED } from "./wire/wire-type.ts";
export { putLength, putLittleWord, putText, putVarint, putWord, textRoom } from "./wire/put.ts";
export { nanosParts, varintSize, Writer } from "./wire/writer.ts";
