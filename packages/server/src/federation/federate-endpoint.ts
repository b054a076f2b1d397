/** `GET /federate`: the newest sample of each series that is asked for, for another Prometheus to scrape. */
import { messageOf, type Clock } from "@clew/base";
import { negotiate, type Negotiated, type PrometheusFormat } from "@clew/otlp/prometheus";
import {
  DEFAULT_LOOKBACK_MS,
  type LabelMatcher,
  type Labels,
  MAX_QUERY_SAMPLES,
  type MetricsQuerier,
  parseSelector,
  QueryError,
  type SeriesSamples,
} from "@clew/query";
import type { Context } from "hono";
import type { ApiCounts } from "../api-counts.ts";
import { piecesBody } from "../pieces-body.ts";
import { type FederatedFamily, familiesOf } from "./federated-family.ts";
import { protobufPage } from "./protobuf-page.ts";
import { textPage } from "./text-page.ts";

export interface FederateSettings {
  readonly querier: MetricsQuerier;
  readonly clock: Clock;
  /** What this program's series are given where they leave it. */
  readonly externalLabels: Labels;
  readonly counts?: ApiCounts | undefined;
}

const FORMATS = ["text", "openmetrics", "protobuf"] as const satisfies readonly PrometheusFormat[];

export class FederateEndpoint {
  readonly #settings: FederateSettings;

  constructor(settings: FederateSettings) {
    this.#settings = settings;
  }

  async answer(context: Context): Promise<Response> {
    try {
      const selectors = (context.req.queries("match[]") ?? []).map(parseSelector);
      const series = await this.#select(selectors, context.req.raw.signal);
      const negotiated = negotiate(context.req.header("accept"), FORMATS);
      const families = familiesOf(series, this.#settings.externalLabels);
      return new Response(piecesBody(pageOf(families, negotiated)), {
        headers: { "content-type": negotiated.contentType },
      });
    } catch (error) {
      const isBadRequest = error instanceof QueryError && error.type === "bad_data";
      if (!isBadRequest && this.#settings.counts !== undefined) this.#settings.counts.federationErrors++;
      return new Response(`${error instanceof QueryError ? error.what : messageOf(error)}\n`, {
        status: isBadRequest ? 400 : 500,
        headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
      });
    }
  }

  /** Series that several selectors find are there once. */
  async #select(
    selectors: readonly (readonly LabelMatcher[])[],
    signal: AbortSignal,
  ): Promise<readonly SeriesSamples[]> {
    const { querier, clock } = this.#settings;
    const endMs = Math.floor(clock.nowMs());
    const lookbackMs = DEFAULT_LOOKBACK_MS;
    const hints = { stepMs: 0, rangeMs: 0, lookbackMs, needsStarts: false, func: "" };
    const window = { startMs: endMs - lookbackMs - 1, endMs, sampleLimit: MAX_QUERY_SAMPLES, hints };
    const found = new Map<string, SeriesSamples>();
    for (const matchers of selectors)
      for (const one of await querier.select({ ...window, matchers }, signal)) found.set(one.labels.key, one);
    return [...found.values()];
  }
}

function pageOf(families: readonly FederatedFamily[], { format, escaping }: Negotiated): Iterable<string | Uint8Array> {
  return format === "protobuf" ? protobufPage(families, escaping) : textPage(families, format, escaping);
}
