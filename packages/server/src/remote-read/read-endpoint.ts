/** `POST /api/v1/read`: remote read, as samples or as a stream of chunks. */
import { ClewError, messageOf, Turnstile } from "@clew/base";
import { decompress, snappyCompress } from "@clew/collector";
import { Reader } from "@clew/otlp";
import {
  compareLabels,
  type LabelMatcher,
  Labels,
  labelsTest,
  MAX_QUERY_SAMPLES,
  type MetricsQuerier,
  QueryError,
  type SeriesSamples,
} from "@clew/query";
import type { Context } from "hono";
import { ApiCounts } from "../api-counts.ts";
import { EARLIEST_MS, LATEST_MS } from "../prometheus/parameters.ts";
import { chunkedFrames } from "./chunked-response.ts";
import { MAX_CONCURRENT, MAX_REQUEST_BYTES } from "./read-limits.ts";
import {
  type ReadQuery,
  type ReadRequest,
  readReadRequest,
  RESPONSE_TYPES,
  type ResponseType,
} from "./read-request.ts";
import { readResponse } from "./samples-response.ts";

export interface ReadSettings {
  readonly querier: MetricsQuerier;
  readonly externalLabels: Labels;
  /** A query with more samples is refused; 50 million where absent. */
  readonly maxSamples?: number;
  readonly counts?: ApiCounts | undefined;
}

export class ReadEndpoint {
  readonly #querier: MetricsQuerier;
  readonly #externalLabels: Labels;
  readonly #maxSamples: number;
  readonly #counts: ApiCounts;
  readonly #turnstile = new Turnstile(MAX_CONCURRENT);

  constructor({ querier, externalLabels, maxSamples = MAX_QUERY_SAMPLES, counts = new ApiCounts() }: ReadSettings) {
    this.#counts = counts;
    this.#querier = querier;
    this.#externalLabels = externalLabels;
    this.#maxSamples = maxSamples;
  }

  /** Never rejects. */
  async answer(context: Context): Promise<Response> {
    const { signal } = context.req.raw;
    const leave = await this.#enter();
    try {
      signal.throwIfAborted();
      // A stream that nobody has begun to read does not end by itself.
      signal.addEventListener("abort", leave);
      const request = await requestOf(context);
      if (responseTypeOf(request) === "SAMPLES") return await this.#samples(request, signal, leave);
      return await this.#chunks(request, signal, leave);
    } catch (error) {
      leave();
      return refused(error);
    }
  }

  /** Who waits is counted, too. */
  async #enter(): Promise<() => void> {
    this.#counts.remoteReads++;
    const leave = await this.#turnstile.enter();
    let isInside = true;
    return () => {
      if (isInside) this.#counts.remoteReads--;
      isInside = false;
      leave();
    };
  }

  async #samples({ queries }: ReadRequest, signal: AbortSignal, leave: () => void): Promise<Response> {
    const results: (readonly SeriesSamples[])[] = [];
    for (const query of queries) results.push(await this.#select(query, signal));
    const body = new Uint8Array(snappyCompress(readResponse(results)));
    leave();
    return new Response(body, { headers: { "content-type": "application/x-protobuf", "content-encoding": "snappy" } });
  }

  /** The first query is asked before anything is answered, so that its error has a status. */
  async #chunks({ queries }: ReadRequest, signal: AbortSignal, leave: () => void): Promise<Response> {
    const [firstQuery, ...others] = queries;
    const first = firstQuery === undefined ? [] : await this.#select(firstQuery, signal);
    const select = (query: ReadQuery): Promise<readonly SeriesSamples[]> => this.#select(query, signal);
    async function* frames(): AsyncGenerator<Uint8Array> {
      try {
        yield* chunkedFrames(first, 0);
        for (const [i, query] of others.entries()) yield* chunkedFrames(await select(query), i + 1);
      } finally {
        leave();
      }
    }
    return new Response(ReadableStream.from(frames()), {
      headers: { "content-type": "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse" },
    });
  }

  /** By labels. Labels alone where the reader wants no samples. */
  async #select(query: ReadQuery, signal: AbortSignal): Promise<readonly SeriesSamples[]> {
    const matchers = query.matchers.map((matcher) => this.#ownMatcher(matcher));
    labelsTest(matchers);
    const window = windowOf(query);
    const found =
      query.hints?.func === "series"
        ? (await this.#querier.series({ ...window, selectors: [matchers], limit: Infinity }, signal)).map(
            withoutSamples,
          )
        : await this.#samplesOf(query, matchers, window, signal);
    return found.map((one) => this.#labelled(one)).sort((a, b) => compareLabels(a.labels, b.labels));
  }

  async #samplesOf(
    { hints }: ReadQuery,
    matchers: readonly LabelMatcher[],
    { startMs, endMs }: Window,
    signal: AbortSignal,
  ): Promise<readonly SeriesSamples[]> {
    const found = await this.#querier.select(
      {
        matchers,
        startMs: startMs - 1,
        endMs,
        sampleLimit: this.#maxSamples,
        hints: {
          stepMs: hints?.stepMs ?? 0,
          rangeMs: hints?.rangeMs ?? 0,
          lookbackMs: 0,
          needsStarts: false,
          func: hints?.func ?? "",
        },
      },
      signal,
    );
    const samples = found.reduce((sum, { values }) => sum + values.length, 0);
    if (samples <= this.#maxSamples) return found;
    this.#counts.remoteReadsOverLimit++;
    throw new RangeError(`exceeded sample limit (${this.#maxSamples})`);
  }

  #labelled(series: SeriesSamples): SeriesSamples {
    if (this.#externalLabels.size === 0) return series;
    return { ...series, labels: Labels.from([...this.#externalLabels, ...series.labels]) };
  }

  /** Series have no external labels here: who asks for ours asks for series without them. */
  #ownMatcher(matcher: LabelMatcher): LabelMatcher {
    const isOurs = matcher.operator === "=" && this.#externalLabels.get(matcher.name) === matcher.value;
    return isOurs ? { ...matcher, value: "" } : matcher;
  }
}

/** Both included. */
interface Window {
  readonly startMs: number;
  readonly endMs: number;
}

/** What the reader looks at is a part of what it asks for. */
function windowOf({ startMs, endMs, hints }: ReadQuery): Window {
  const isTold = hints !== undefined && hints.endMs !== 0;
  return {
    startMs: Math.max(isTold ? Math.max(startMs, hints.startMs) : startMs, EARLIEST_MS + 1),
    endMs: Math.min(isTold ? Math.min(endMs, hints.endMs) : endMs, LATEST_MS),
  };
}

function withoutSamples(labels: Labels): SeriesSamples {
  return { labels, timestampsMs: new Float64Array(0), values: new Float64Array(0) };
}

async function requestOf(context: Context): Promise<ReadRequest> {
  if (Number(context.req.header("content-length") ?? 0) > MAX_REQUEST_BYTES) throw new RangeError("unexpected EOF");
  const compressed = Buffer.from(await context.req.arrayBuffer());
  const length = compressed.length === 0 ? 0 : new Reader(compressed).varint();
  if (length > MAX_REQUEST_BYTES)
    throw new RangeError(`snappy: decoded length ${length} exceeds limit ${MAX_REQUEST_BYTES}`);
  return readReadRequest(await decompress(compressed, "snappy", MAX_REQUEST_BYTES));
}

/** The first that is known; samples where the reader names none. */
function responseTypeOf({ acceptedResponseTypes }: ReadRequest): ResponseType {
  if (acceptedResponseTypes.length === 0) return "SAMPLES";
  const known = acceptedResponseTypes.map((type) => RESPONSE_TYPES[type]).find((type) => type !== undefined);
  if (known !== undefined) return known;
  const asked = acceptedResponseTypes.join(" ");
  throw new RangeError(
    `server does not support any of the requested response types: [${asked}]; supported: map[SAMPLES:{} STREAMED_XOR_CHUNKS:{}]`,
  );
}

/** What cannot be read, and what asks for too much, is the reader's fault. */
function refused(error: unknown): Response {
  const isReaders =
    error instanceof RangeError ||
    (error instanceof QueryError && error.type === "bad_data") ||
    (error instanceof ClewError && ["OTLP_MALFORMED", "BODY_CORRUPT", "BODY_TOO_LARGE"].includes(error.code));
  return new Response(`${error instanceof ClewError ? error.what : messageOf(error)}\n`, {
    status: isReaders ? 400 : 500,
    headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
  });
}
