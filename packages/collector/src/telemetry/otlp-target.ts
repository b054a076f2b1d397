/** What `service::telemetry` says of exporting the collector's own telemetry over OTLP, as OpenTelemetry's declarative configuration (v0.3) has it. */
import {
  anything,
  boolean,
  field,
  integer,
  list,
  map,
  oneOf,
  optional,
  secret,
  section,
  string,
  type Schema,
} from "../schema/schema.ts";

export interface OtlpTarget {
  readonly protocol: "http/protobuf" | "grpc";
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: "gzip" | "none" | "";
  readonly timeout: number;
  readonly insecure: boolean | undefined;
  readonly certificate: string | undefined;
  readonly client_certificate: string | undefined;
  readonly client_key: string | undefined;
  readonly temporality_preference: "cumulative" | "delta" | "low_memory";
  readonly default_histogram_aggregation: unknown;
}

interface TargetExporter {
  readonly otlp: OtlpTarget | undefined;
}

/** How spans or log lines are sent together. */
export interface BatchProcessor {
  readonly schedule_delay: number;
  readonly max_queue_size: number;
  readonly max_export_batch_size: number;
  readonly export_timeout: number;
  readonly exporter: TargetExporter;
}

export interface PeriodicReader {
  readonly interval: number;
  readonly timeout: number;
  readonly exporter: TargetExporter;
  readonly producers: unknown;
}

export interface Processors {
  readonly batch: BatchProcessor | undefined;
  readonly simple: BatchProcessor | undefined;
}

/** A list of `name` and `value`, or a mapping. */
const headers: Schema<Readonly<Record<string, string>>> = {
  ...map(secret),
  read(raw, place) {
    if (!Array.isArray(raw)) return map(secret).read(raw, place);
    const pair = section({ name: field(string, "", "The header."), value: field(secret, "", "Its value.") });
    return Object.fromEntries(raw.map((one, i) => pair.read(one, place.at(i))).map(({ name, value }) => [name, value]));
  },
};

const otlp: Schema<OtlpTarget> = section<OtlpTarget>(
  {
    protocol: field(oneOf("http/protobuf", "grpc"), "http/protobuf", "OTLP's transport."),
    endpoint: field(string, "", "Where to send. Required."),
    headers: field(headers, undefined, "What every request gets."),
    compression: field(oneOf("", "none", "gzip"), "", "How requests are compressed."),
    timeout: field(integer(), 10_000, "How long one attempt may take, in milliseconds."),
    insecure: field(optional(boolean), undefined, "Whether to do without TLS; as the endpoint says if unset."),
    certificate: field(optional(string), undefined, "PEM file of the authorities to trust."),
    client_certificate: field(optional(string), undefined, "PEM file of our own certificate."),
    client_key: field(optional(string), undefined, "PEM file of its key."),
    temporality_preference: field(
      oneOf("cumulative", "delta", "low_memory"),
      "cumulative",
      "Whether counters and histograms tell of all since the start, or since they were last sent.",
    ),
    default_histogram_aggregation: field(anything, undefined, "Accepted; histograms have explicit bounds."),
  },
  ({ endpoint }, place) => {
    if (endpoint === "")
      place.at("endpoint").problem("no endpoint for the collector's own telemetry", "write http://host:4318");
  },
);

const exporter: Schema<TargetExporter> = section<TargetExporter>(
  { otlp: field(optional(otlp), undefined, "Over OTLP.") },
  ({ otlp: target }, place) => {
    if (target === undefined)
      place.problem("the collector's own telemetry goes over OTLP only", "add `otlp` with its endpoint");
  },
);

function batchProcessor(delayMs: number): Schema<BatchProcessor> {
  return section<BatchProcessor>({
    schedule_delay: field(integer(), delayMs, "How long one waits for others, in milliseconds."),
    max_queue_size: field(integer(1), 2_048, "As many wait at most; further ones are dropped and counted."),
    max_export_batch_size: field(integer(1), 512, "As many are sent at once at most."),
    export_timeout: field(integer(), 30_000, "Accepted; see `timeout`."),
    exporter: field(exporter, undefined, "Where they go."),
  });
}

/** `delayMs` is the default of `batch::schedule_delay`. */
export function processorList(delayMs: number): Schema<readonly Processors[]> {
  return list(
    section<Processors>({
      batch: field(optional(batchProcessor(delayMs)), undefined, "Sends them together."),
      simple: field(optional(batchProcessor(0)), undefined, "Sends them at once."),
    }),
  );
}

export const periodicReader: Schema<PeriodicReader> = section<PeriodicReader>({
  interval: field(integer(1), 60_000, "How often all metrics are sent, in milliseconds."),
  timeout: field(integer(), 30_000, "Accepted; see the exporter's `timeout`."),
  exporter: field(exporter, undefined, "Where they go."),
  producers: field(anything, undefined, "Accepted; there are none."),
});
