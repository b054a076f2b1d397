/** `service::telemetry::traces`, as the declarative configuration of OpenTelemetry (v0.3) has it. */
import {
  anything,
  boolean,
  field,
  integer,
  list,
  map,
  number,
  oneOf,
  optional,
  secret,
  section,
  string,
  type Fields,
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
}

export interface SpanBatch {
  readonly schedule_delay: number;
  readonly max_queue_size: number;
  readonly max_export_batch_size: number;
  readonly export_timeout: number;
  readonly exporter: { readonly otlp: OtlpTarget | undefined };
}

interface SpanProcessors {
  readonly batch: SpanBatch | undefined;
  readonly simple: SpanBatch | undefined;
}

export interface TracesConfig {
  readonly level: "none" | "basic" | "normal" | "detailed";
  readonly processors: readonly SpanProcessors[];
  readonly sampler: SamplerConfig | undefined;
  readonly propagators: readonly string[];
  readonly limits: unknown;
}

interface RootSampler {
  readonly always_on: unknown;
  readonly always_off: unknown;
  readonly trace_id_ratio_based: { readonly ratio: number } | undefined;
}

interface ParentBased {
  readonly root: RootSampler | undefined;
  readonly remote_parent_sampled: unknown;
  readonly remote_parent_not_sampled: unknown;
  readonly local_parent_sampled: unknown;
  readonly local_parent_not_sampled: unknown;
}

interface SamplerConfig extends RootSampler {
  readonly parent_based: ParentBased | undefined;
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
  },
  ({ endpoint }, place) => {
    if (endpoint === "")
      place.at("endpoint").problem("no endpoint for the collector's own traces", "write http://host:4318");
  },
);

const exporter: Schema<SpanBatch["exporter"]> = section<SpanBatch["exporter"]>({
  otlp: field(optional(otlp), undefined, "Over OTLP."),
});

function processor(delayMs: number): Schema<SpanBatch> {
  return section<SpanBatch>(
    {
      schedule_delay: field(integer(), delayMs, "How long spans wait for others, in milliseconds."),
      max_queue_size: field(integer(1), 2_048, "As many spans wait at most; further ones are dropped and counted."),
      max_export_batch_size: field(integer(1), 512, "As many are sent at once at most."),
      export_timeout: field(integer(), 30_000, "Accepted; see `timeout`."),
      exporter: field(exporter, undefined, "Where they go."),
    },
    ({ exporter: { otlp: target } }, place) => {
      if (target === undefined)
        place.at("exporter").problem("the collector's own traces go over OTLP only", "add `otlp` with its endpoint");
    },
  );
}

const rootFields: Fields<RootSampler> = {
  always_on: field(anything, undefined, "All traces; so it is without a sampler."),
  always_off: field(anything, undefined, "None."),
  trace_id_ratio_based: field(
    optional(section({ ratio: field(number(), 1, "How many, from 0 to 1.") })),
    undefined,
    "Some of them.",
  ),
};

const parentBased: Schema<ParentBased> = section<ParentBased>({
  root: field(optional(section<RootSampler>(rootFields)), undefined, "What decides where a trace begins."),
  remote_parent_sampled: field(anything, undefined, "Accepted; every trace begins here."),
  remote_parent_not_sampled: field(anything, undefined, "Accepted."),
  local_parent_sampled: field(anything, undefined, "Accepted; spans go with their trace."),
  local_parent_not_sampled: field(anything, undefined, "Accepted."),
});

export const tracesSchema: Schema<TracesConfig> = section<TracesConfig>({
  level: field(oneOf("none", "basic", "normal", "detailed"), "normal", "`none` turns them off, as no processors do."),
  processors: field(
    list(
      section<SpanProcessors>({
        batch: field(optional(processor(5_000)), undefined, "Sends spans together."),
        simple: field(optional(processor(0)), undefined, "Sends spans at once."),
      }),
    ),
    undefined,
    "Where spans of the collector itself go.",
  ),
  sampler: field(
    optional(
      section<SamplerConfig>({
        ...rootFields,
        parent_based: field(optional(parentBased), undefined, "As its `root` says."),
      }),
    ),
    undefined,
    "Which traces are kept; all by default.",
  ),
  propagators: field(list(oneOf("tracecontext", "b3")), undefined, "Accepted; every trace begins and ends here."),
  limits: field(anything, undefined, "Accepted; our spans are small."),
});

/** How many of the traces are kept, from 0 to 1. */
export function ratioOf({ sampler }: TracesConfig): number {
  const root: RootSampler | undefined = sampler?.parent_based === undefined ? sampler : sampler.parent_based.root;
  if (root?.always_off !== undefined) return 0;
  return root?.trace_id_ratio_based?.ratio ?? 1;
}
