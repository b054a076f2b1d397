import { httpClientFields, checkHttpClient, type HttpClientConfig } from "../../../export/http-client-config.ts";
import { retry, type RetryConfig, type SenderConfig } from "../../../export/sender-config.ts";
import { checkTranslation, translationFields, type TranslationConfig } from "../../../prometheus/translation-config.ts";
import {
  anything,
  boolean,
  duration,
  field,
  integer,
  list,
  map,
  oneOf,
  optional,
  section,
  string,
  type Fields,
  type Schema,
} from "../../../schema/schema.ts";
import type { Place } from "../../../schema/place.ts";

export const WRITE_1 = "prometheus.WriteRequest";
export const WRITE_2 = "io.prometheus.write.v2.Request";
const DEFAULT_PARALLELISM = 5;
const DEFAULT_BATCH_BYTES = 3_000_000;
const DEFAULT_TIMEOUT_MS = 5_000;

/** Headers that are remote write's own. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  "content-encoding",
  "content-type",
  "user-agent",
  "x-prometheus-remote-write-version",
]);

interface RemoteWriteQueueConfig {
  readonly enabled: boolean;
  readonly queue_size: number;
  readonly num_consumers: number;
  readonly storage: string | undefined;
}

/** The client's settings, which stand in `http` or, as they once did, beside the others. */
interface RemoteWriteClientConfig extends HttpClientConfig {
  readonly timeout: number | undefined;
}

export interface PrometheusRemoteWriteConfig extends TranslationConfig, RemoteWriteClientConfig {
  readonly http: RemoteWriteClientConfig | undefined;
  readonly retry_on_failure: RetryConfig;
  readonly remote_write_queue: RemoteWriteQueueConfig;
  readonly external_labels: Readonly<Record<string, string>>;
  readonly target_info: { readonly enabled: boolean };
  readonly disable_scope_info: boolean;
  readonly send_metadata: boolean;
  readonly protobuf_message: typeof WRITE_1 | typeof WRITE_2;
  readonly max_batch_size_bytes: number;
  readonly max_batch_request_parallelism: number | undefined;
  readonly include_metadata_keys: readonly string[];
  readonly convert_explicit_histograms_to_nhcb: boolean;
  readonly keep_classic_histograms: boolean;
  readonly wal: unknown;
}

const clientFields: Fields<RemoteWriteClientConfig> = {
  ...httpClientFields("snappy"),
  compression: { ...httpClientFields("snappy").compression, doc: "Snappy, as remote write asks for." },
  timeout: field(
    optional(duration),
    undefined,
    "How long one attempt may take, `5s` where it is not said. Of two timeouts the shorter one holds.",
  ),
};

const queue = section<RemoteWriteQueueConfig>(
  {
    enabled: field(boolean, true, "Whether requests wait for their turn. Without it all are sent at once."),
    queue_size: field(integer(), 10_000, "How many requests may wait or be under way; what comes beyond is refused."),
    num_consumers: field(
      integer(),
      DEFAULT_PARALLELISM,
      "How many parts of one request are sent at once. Requests are sent one after the other, since Prometheus wants samples in order.",
    ),
    storage: field(
      optional(string),
      undefined,
      "A storage extension: requests are answered once it holds them, and survive restarts.",
    ),
  },
  ({ enabled, queue_size: size }, place) => {
    if (enabled && size === 0) place.problem("a 0 size queue will drop all the data", "raise queue_size");
  },
);

/** As for other exporters, but the first wait is short: whoever scrapes comes back soon. */
const remoteWriteRetry: Schema<RetryConfig> = section<RetryConfig>({
  ...(retry.fields as Fields<RetryConfig>),
  initial_interval: {
    ...retry.fields!["initial_interval"]!,
    fallback: "50ms",
  } as Fields<RetryConfig>["initial_interval"],
});

export const schema: Schema<PrometheusRemoteWriteConfig> = section<PrometheusRemoteWriteConfig>(
  {
    ...clientFields,
    http: field(
      optional(section(clientFields)),
      undefined,
      "The settings of the HTTP client, in a section of their own, which then hold instead.",
    ),
    ...translationFields,
    external_labels: field(map(string), undefined, "Labels that every series gets unless it has them."),
    target_info: field(
      section({ enabled: field(boolean, true, "Whether each resource is told of in `target_info`.") }),
      undefined,
      "The series that carry the resources' attributes.",
    ),
    disable_scope_info: field(boolean, false, "Whether the labels `otel_scope_*` are left out."),
    send_metadata: field(boolean, false, "Whether types, units and help are sent too; version 2 always does."),
    protobuf_message: field(
      oneOf(WRITE_1, WRITE_2),
      WRITE_1,
      "The version of remote write: 1.0, or 2.0, which the receiver must know.",
    ),
    max_batch_size_bytes: field(
      integer(),
      DEFAULT_BATCH_BYTES,
      "Requests that are larger, before compression, are parted; 0 is the default.",
    ),
    max_batch_request_parallelism: field(
      optional(integer(1)),
      undefined,
      "How many parts of one request are sent at once, before `remote_write_queue::num_consumers`.",
    ),
    include_metadata_keys: field(
      list(string),
      undefined,
      "Headers of the request that brought the metrics, which are passed on.",
    ),
    convert_explicit_histograms_to_nhcb: field(
      boolean,
      false,
      "Whether histograms are sent as native histograms with custom buckets.",
    ),
    keep_classic_histograms: field(boolean, false, "Whether their classic series are sent beside these."),
    remote_write_queue: field(queue, undefined, "Requests that wait."),
    retry_on_failure: field(remoteWriteRetry, undefined, "Attempts after the first."),
    wal: field(optional(anything), undefined, "Refused: `remote_write_queue::storage` keeps requests over restarts."),
  },
  check,
);

function check(config: PrometheusRemoteWriteConfig, place: Place): void {
  checkTranslation(config, place);
  checkHttpClient(clientOf(config), config.http === undefined ? place : place.at("http"));
  if (!["snappy", ""].includes(clientOf(config).compression)) place.problem("compression type must be snappy");
  if (config.wal !== undefined) {
    const what = "wal is not supported: requests are kept over restarts by a storage extension";
    place.at("wal").problem(what, "configure file_storage and name it in remote_write_queue::storage");
  }
  const { protobuf_message: message, translation_strategy: strategy } = config;
  if (message === WRITE_1 && (strategy === "NoUTF8EscapingWithSuffixes" || strategy === "NoTranslation")) {
    const what = `translation strategy ${strategy} requires Prometheus Remote Write 2.0 (UTF-8 support)`;
    place.at("translation_strategy").problem(what, `set protobuf_message: ${WRITE_2}`);
  }
  for (const [key, value] of Object.entries(config.external_labels)) {
    if (key === "" || value === "")
      place.at("external_labels").problem("external labels configuration contains an empty key or value");
  }
  for (const key of config.include_metadata_keys) {
    if (RESERVED_HEADERS.has(key.toLowerCase())) {
      const what = `include_metadata_keys entry ${JSON.stringify(key)} collides with a reserved remote write header`;
      place.at("include_metadata_keys").problem(what);
    }
  }
}

/** The client's settings, wherever they are written. */
export function clientOf(config: PrometheusRemoteWriteConfig): RemoteWriteClientConfig {
  return config.http ?? config;
}

/** How many parts of a request are sent at once. */
export function parallelismOf(config: PrometheusRemoteWriteConfig): number {
  return Math.max(1, config.max_batch_request_parallelism ?? config.remote_write_queue.num_consumers);
}

export function maxBytesOf({ max_batch_size_bytes: bytes }: PrometheusRemoteWriteConfig): number {
  return bytes === 0 ? DEFAULT_BATCH_BYTES : bytes;
}

function timeoutOf({ timeout, http }: PrometheusRemoteWriteConfig): number {
  const given = [timeout, http?.timeout].filter((one) => one !== undefined && one > 0) as number[];
  if (given.length > 0) return Math.min(...given);
  return timeout === 0 || http?.timeout === 0 ? 0 : DEFAULT_TIMEOUT_MS;
}

export function senderConfigOf(config: PrometheusRemoteWriteConfig): SenderConfig {
  const { enabled, queue_size, storage } = config.remote_write_queue;
  return {
    timeout: timeoutOf(config),
    retry_on_failure: config.retry_on_failure,
    sending_queue: {
      enabled,
      queue_size: Math.max(1, queue_size),
      storage,
      num_consumers: 1,
      sizer: "requests",
      wait_for_result: false,
      block_on_overflow: false,
      batch: undefined,
    },
  };
}
