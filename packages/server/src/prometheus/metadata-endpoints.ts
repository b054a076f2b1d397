import {
  compareLabels,
  type MetricMetadata,
  type MetricsQuerier,
  QueryError,
  selectorsOf,
  type SeriesExemplars,
  type SeriesRequest,
  STABLE_FEATURES,
  type SyntaxFeatures,
} from "@clew/query";
import type { Context } from "hono";
import { asParameter, badData } from "./api-error.ts";
import { type Answer, dataOf } from "./envelope.ts";
import { floatText, labelsText, timeText } from "./json-values.ts";
import { EARLIEST_MS, LATEST_MS, type Parameters } from "./parameters.ts";
import { TRUNCATED } from "./query-endpoints.ts";

/** `labels`, `label/:name/values`, `series`, `metadata` and `query_exemplars`. */
export class MetadataEndpoints {
  readonly #querier: MetricsQuerier;
  readonly #features: SyntaxFeatures;

  constructor(querier: MetricsQuerier, features: SyntaxFeatures = STABLE_FEATURES) {
    this.#querier = querier;
    this.#features = features;
  }

  async labels(parameters: Parameters, context: Context): Promise<Answer> {
    const request = requestOf(parameters);
    const names = await orExecution(this.#querier.labelNames(request, context.req.raw.signal));
    return listAnswer([...names].sort(), request.limit);
  }

  async labelValues(parameters: Parameters, context: Context): Promise<Answer> {
    const name = labelName(context.req.param("name") ?? "");
    const request = requestOf(parameters);
    const values = await orExecution(this.#querier.labelValues(name, request, context.req.raw.signal));
    return listAnswer([...values].sort(), request.limit);
  }

  async series(parameters: Parameters, context: Context): Promise<Answer> {
    if (parameters.all("match[]").length === 0) throw badData("no match[] parameter provided");
    const limit = parameters.limit();
    const window = windowOf(parameters);
    const selectors = await asParameter("match[]", () => parameters.selectors());
    const found = await orExecution(this.#querier.series({ ...window, selectors, limit }, context.req.raw.signal));
    const sorted = [...found].sort(compareLabels);
    const data = `[${sorted.slice(0, limit).map(labelsText).join(",")}]`;
    return sorted.length > limit ? { data: [data], warnings: [TRUNCATED] } : { data: [data] };
  }

  async metadata(parameters: Parameters, context: Context): Promise<Answer> {
    const limit = parameters.count("limit");
    const limitPerMetric = parameters.count("limit_per_metric") || Infinity;
    const metric = parameters.text("metric");
    const request = metric === "" ? {} : { metric };
    const all = await orExecution(this.#querier.metadata(request, context.req.raw.signal));
    const byMetric = new Map<string, Omit<MetricMetadata, "metric">[]>();
    for (const { metric, type, help, unit } of all) {
      const known = byMetric.get(metric) ?? [];
      if (known.length < limitPerMetric) known.push({ type, help, unit });
      byMetric.set(metric, known);
    }
    return dataOf(Object.fromEntries([...byMetric].slice(0, limit)));
  }

  async exemplars(parameters: Parameters, context: Context): Promise<Answer> {
    const window = windowOf(parameters);
    if (window.endMs < window.startMs) throw badData("end timestamp must not be before start timestamp");
    const selectors = selectorsOf(parameters.text("query"), this.#features);
    if (selectors.length === 0) return dataOf(null);
    const found = await orExecution(
      this.#querier.exemplars({ ...window, selectors, limit: Infinity }, context.req.raw.signal),
    );
    const sorted = [...found].sort((a, b) => compareLabels(a.seriesLabels, b.seriesLabels));
    return { data: [`[${sorted.map(exemplarsText).join(",")}]`] };
  }
}

function requestOf(parameters: Parameters): SeriesRequest {
  const limit = parameters.limit();
  return { ...windowOf(parameters), selectors: parameters.selectors(), limit };
}

function windowOf(parameters: Parameters): { startMs: number; endMs: number } {
  return { startMs: parameters.timeMs("start", EARLIEST_MS), endMs: parameters.timeMs("end", LATEST_MS) };
}

/** `U__a_2e_b` stands for the name `a.b` in a URL. */
function labelName(name: string): string {
  const unescaped = name.startsWith("U__")
    ? name
        .slice(3)
        .replaceAll(/_([0-9a-f]{1,6})_|__/gi, (whole, hex?: string) =>
          hex === undefined ? "_" : String.fromCodePoint(Number.parseInt(hex, 16)),
        )
    : name;
  if (unescaped === "") throw badData(`invalid label name: ${JSON.stringify(name)}`);
  return unescaped;
}

function listAnswer(list: readonly string[], limit: number): Answer {
  if (list.length <= limit) return dataOf(list);
  return { ...dataOf(list.slice(0, limit)), warnings: [TRUNCATED] };
}

function exemplarsText({ seriesLabels, exemplars }: SeriesExemplars): string {
  const texts = exemplars.map(
    ({ labels, value, timestampMs }) =>
      `{"labels":${labelsText(labels)},"value":"${floatText(value)}","timestamp":${timeText(timestampMs)}}`,
  );
  return `{"seriesLabels":${labelsText(seriesLabels)},"exemplars":[${texts.join(",")}]}`;
}

/** What goes wrong in a store is an execution error to the API's clients. */
async function orExecution<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (thrown) {
    if (thrown instanceof QueryError) throw thrown;
    throw new QueryError("QUERY_EXECUTION", thrown instanceof Error ? thrown.message : String(thrown), {
      cause: thrown,
    });
  }
}
