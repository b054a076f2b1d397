import { messageOf } from "@clew/base";
import { decode, payloadBytes, PROTOCOLS, type MetricsObject, type Payload } from "@clew/otlp";
import type { Settings } from "../../../component.ts";
import { compress, DEFAULT_LEVEL } from "../../../compression/compress.ts";
import { ConsumeError } from "../../../consumer.ts";
import type { Destination } from "../../../export/delivery.ts";
import { HttpClient, retryAfterMs } from "../../../export/http-client.ts";
import type { Answer } from "../../../net/post.ts";
import { SkippedPoints } from "../../../prometheus/skipped-points.ts";
import { warnOfDeprecated } from "../../../prometheus/translation-config.ts";
import { clientOf, maxBytesOf, parallelismOf, WRITE_2, type PrometheusRemoteWriteConfig } from "./config.ts";
import { RemoteWriteCounters } from "./counters.ts";
import { writeRequests, type WriteRequest } from "./request-writer.ts";
import { Translator } from "./translate.ts";
import { WriteRequestV1 } from "./write-v1.ts";
import { WriteRequestV2 } from "./write-v2.ts";

const USER_AGENT = "clew-collector";
const HEADERS_V1 = { "content-type": "application/x-protobuf", "x-prometheus-remote-write-version": "0.1.0" };
const HEADERS_V2 = {
  "content-type": "application/x-protobuf;proto=io.prometheus.write.v2.Request",
  "x-prometheus-remote-write-version": "2.0.0",
};
const MAX_SHOWN_ANSWER = 1_024;

/** What is left to send of a payload. */
interface Unsent {
  requests: readonly WriteRequest[];
  /** The answer to a request that can never be sent. */
  refused: ConsumeError | undefined;
}

/** Sends metrics by Prometheus's remote write. */
export class PrometheusRemoteWriteDestination implements Destination {
  readonly #settings: Settings;
  readonly #config: PrometheusRemoteWriteConfig;
  readonly #client: HttpClient;
  readonly #translator: Translator;
  readonly #counters: RemoteWriteCounters;
  // What was delivered of a payload is not sent again with its next attempt: Prometheus would refuse it as out of order.
  readonly #unsent = new WeakMap<Payload, Unsent>();

  constructor(settings: Settings, config: PrometheusRemoteWriteConfig) {
    this.#settings = settings;
    this.#config = config;
    this.#client = new HttpClient(settings, clientOf(config));
    this.#counters = new RemoteWriteCounters(settings, clientOf(config).endpoint);
    this.#translator = new Translator(config, new SkippedPoints(settings), () => this.#counters.failedTranslation());
  }

  async open(): Promise<void> {
    warnOfDeprecated(this.#config, this.#settings.logger);
    await this.#client.open();
    this.#counters.consumers(parallelismOf(this.#config));
  }

  close(): Promise<void> {
    this.#client.close();
    this.#counters.end();
    return Promise.resolve();
  }

  async send(payload: Payload, signal: AbortSignal): Promise<void> {
    const unsent = this.#unsent.get(payload) ?? { requests: this.#translated(payload), refused: undefined };
    this.#unsent.set(payload, unsent);
    const headers = this.#headersOf(payload);
    const left: WriteRequest[] = [];
    let failure: unknown;
    await inParallel(unsent.requests, parallelismOf(this.#config), async (request) => {
      try {
        await this.#post(request, headers, signal);
      } catch (error) {
        if (error instanceof ConsumeError && error.permanent) unsent.refused = error;
        else {
          left.push(request);
          failure = error;
        }
      }
    });
    unsent.requests = left;
    if (failure !== undefined) throw failure;
    if (unsent.refused !== undefined) throw unsent.refused;
  }

  #translated(payload: Payload): WriteRequest[] {
    const metrics = decode(PROTOCOLS.metrics.request, payloadBytes(payload)) as unknown as MetricsObject;
    const batch = this.#translator.translate(metrics);
    this.#counters.translated(batch.size);
    const { protobuf_message: message, send_metadata: withMetadata } = this.#config;
    const writer = message === WRITE_2 ? new WriteRequestV2() : new WriteRequestV1();
    return writeRequests(batch, writer, { maxBytes: maxBytesOf(this.#config), withMetadata });
  }

  #headersOf({ client }: Payload): Record<string, string> {
    const passedOn = this.#config.include_metadata_keys.flatMap((key) => {
      const values = client?.metadata.get(key.toLowerCase());
      return values === undefined || values.length === 0 ? [] : [[key.toLowerCase(), values.join(",")]];
    });
    return {
      ...(Object.fromEntries(passedOn) as Record<string, string>),
      "content-encoding": "snappy",
      "user-agent": USER_AGENT,
      ...(this.#config.protobuf_message === WRITE_2 ? HEADERS_V2 : HEADERS_V1),
    };
  }

  async #post(request: WriteRequest, headers: Record<string, string>, signal: AbortSignal): Promise<void> {
    const url = clientOf(this.#config).endpoint;
    const body = [await compress(request.bytes, "snappy", DEFAULT_LEVEL)];
    const answer = await this.#client.post({ url, headers, body, signal }).catch((error: unknown) => {
      throw this.#error(`failed to make an HTTP request: ${messageOf(error)}`, false);
    });
    this.#counters.sentBatch();
    if (answer.status < 200 || answer.status > 299) throw this.#refusedBy(url, answer);
    if (this.#config.protobuf_message === WRITE_2) this.#takeWritten(url, request, answer);
    else this.#counters.written(request);
  }

  /** A receiver of version 2 tells what it wrote; one of version 1 takes a request for an empty one. */
  #takeWritten(url: string, { samples, histograms }: WriteRequest, { headers }: Answer): void {
    const written = (what: string): number => Number(headers[`x-prometheus-remote-write-${what}-written`] ?? 0);
    if (samples + histograms > 0 && headers["x-prometheus-remote-write-samples-written"] === undefined) {
      throw this.#error(
        `${url} does not say what it has written, so it does not know Remote Write 2.0`,
        true,
        undefined,
        "set protobuf_message: prometheus.WriteRequest",
      );
    }
    this.#counters.written({
      samples: written("samples"),
      histograms: written("histograms"),
      exemplars: written("exemplars"),
    });
  }

  #refusedBy(url: string, answer: Answer): ConsumeError {
    const { status, body } = answer;
    const detail = body.toString("utf8", 0, MAX_SHOWN_ANSWER).trim();
    const what = `remote write request to ${url} failed with HTTP status ${status}${detail === "" ? "" : `: ${detail}`}`;
    const isPassing = status >= 500 || status === 429;
    return this.#error(what, !isPassing, retryAfterMs(answer, this.#settings.clock.nowMs()));
  }

  #error(
    what: string,
    permanent: boolean,
    afterMs?: number,
    remedy = "check that the endpoint takes Prometheus's remote write",
  ): ConsumeError {
    const { path } = this.#settings;
    return new ConsumeError("EXPORT_FAILED", what, { permanent, retryAfterMs: afterMs, path, remedy });
  }
}

/** Does `task` for each of them, so many at a time. */
async function inParallel<Item>(
  items: readonly Item[],
  parallelism: number,
  task: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) await task(item);
  };
  await Promise.all(Array.from({ length: Math.min(parallelism, items.length) }, worker));
}
