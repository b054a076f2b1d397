/** The requests that Grafana's Prometheus data source makes, in its order, to a real `clew up`. */
import { encode, PROTOCOLS } from "@clew/otlp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, startClew, temporaryDirectory, type RunningClew } from "./running-clew.test-kit.ts";

const STEP_S = 15;
const STEPS = 40;
/** On the grid that Grafana rounds its ranges to. */
const END_S = Math.floor(Date.now() / 1_000 / STEP_S) * STEP_S;
const START_S = END_S - STEP_S * STEPS;
const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const CUMULATIVE = 2;
/** What Grafana asks for at most. */
const LIMIT = "40000";

type Form = Readonly<Record<string, string>>;
// oxlint-disable-next-line typescript/no-explicit-any -- the tests read into it by field names
type Json = any;

const nanos = (seconds: number): bigint => BigInt(seconds) * 1_000_000_000n;
const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });

/** A counter that grows by 30 a step, and a histogram of which each step brings ten values, with an exemplar. */
function metrics(route: string): object[] {
  const attributes = [text("http.route", route)];
  const steps = Array.from({ length: STEPS + 1 }, (_unused, i) => i);
  const head = (i: number): object => ({
    attributes,
    startTimeUnixNano: nanos(START_S - STEP_S),
    timeUnixNano: nanos(START_S + i * STEP_S),
  });
  const exemplar = {
    asDouble: 0.3,
    timeUnixNano: nanos(END_S - STEP_S),
    traceId: Buffer.from(TRACE_ID, "hex"),
    spanId: Buffer.alloc(8, 1),
  };
  return [
    {
      name: "shop.requests",
      description: "Requests.",
      sum: {
        aggregationTemporality: CUMULATIVE,
        isMonotonic: true,
        dataPoints: steps.map((i) => ({ ...head(i), asInt: BigInt(30 * (i + 1)) })),
      },
    },
    {
      name: "shop.duration",
      unit: "s",
      histogram: {
        aggregationTemporality: CUMULATIVE,
        dataPoints: steps.map((i) => ({
          ...head(i),
          count: BigInt(10 * (i + 1)),
          sum: 2 * (i + 1),
          explicitBounds: [0.25, 0.5],
          bucketCounts: [5n, 5n, 0n].map((count) => count * BigInt(i + 1)),
          exemplars: i === STEPS ? [exemplar] : [],
        })),
      },
    },
  ];
}

describe("Grafana's data source", () => {
  const directory = temporaryDirectory();
  let clew: RunningClew;

  beforeAll(async () => {
    clew = await startClew(directory.path);
    const resource = { attributes: [text("service.name", "shop"), text("service.instance.id", "i-1")] };
    const scopeMetrics = ["/cart", "/pay"].map((route) => ({ metrics: metrics(route) }));
    const body = encode(PROTOCOLS.metrics.request, { resourceMetrics: [{ resource, scopeMetrics }] });
    const headers = { "content-type": "application/x-protobuf" };
    const url = `${clew.prometheus}/api/v1/otlp/v1/metrics`;
    const response = await fetch(url, { method: "POST", body: new Uint8Array(body), headers });
    if (!response.ok) throw new Error(await response.text());
    const count = async (): Promise<Json> =>
      post("query", { query: "count(shop_requests_total)", time: String(END_S) });
    await eventually(count, ({ result }) => result[0]?.value[1] === "2");
  }, 60_000);

  afterAll(async () => {
    await clew.stop();
    directory.remove();
  });

  async function post(path: string, form: Form | readonly (readonly [string, string])[]): Promise<Json> {
    const body = new URLSearchParams(form as Record<string, string>);
    return dataOf(await fetch(`${clew.prometheus}/api/v1/${path}`, { method: "POST", body }));
  }

  async function get(path: string, query: Form | readonly (readonly [string, string])[] = {}): Promise<Json> {
    const parameters = new URLSearchParams(query as Record<string, string>);
    return dataOf(await fetch(`${clew.prometheus}/api/v1/${path}?${parameters.toString()}`));
  }

  async function dataOf(response: Response): Promise<Json> {
    const { status, data } = (await response.json()) as Json;
    expect([response.status, status, response.headers.get("content-type")]).toEqual([
      200,
      "success",
      "application/json",
    ]);
    return data;
  }

  const window = { start: String(START_S), end: String(END_S) };

  test("saving it asks for a sum and for the version", async () => {
    const { resultType, result } = await post("query", { query: "1+1", time: `${END_S}.25` });
    expect([resultType, result]).toEqual(["scalar", [END_S + 0.25, "2"]]);
    expect((await get("status/buildinfo")).version).toMatch(/^3\./);
  });

  test("Prometheus's port shows the program's own metrics", async () => {
    const page = await (await fetch(`${clew.prometheus}/metrics`)).text();
    expect(page).toContain("# TYPE prometheus_web_federation_errors_total counter");
    expect(page).toMatch(/^clew_store_inserted_rows_total\{.*table="metric_samples".*\} [1-9]/m);
  });

  test("the editor asks for metrics, their meanings, labels and their values", async () => {
    expect(await get("label/__name__/values", { ...window, limit: LIMIT })).toEqual([
      "shop_duration_seconds_bucket",
      "shop_duration_seconds_count",
      "shop_duration_seconds_sum",
      "shop_requests_total",
    ]);
    expect(await get("metadata", { limit: LIMIT })).toEqual({
      shop_duration_seconds: [{ type: "histogram", help: "", unit: "" }],
      shop_requests_total: [{ type: "counter", help: "Requests.", unit: "" }],
    });
    const all = ["__name__", "http_route", "instance", "job", "le"];
    expect(await post("labels", { ...window, limit: LIMIT })).toEqual(all);
    const match = [...Object.entries(window), ["match[]", '{__name__="shop_requests_total"}'] as const];
    expect(await post("labels", match)).toEqual(all.filter((name) => name !== "le"));
    expect(await get("label/http_route/values", match)).toEqual(["/cart", "/pay"]);
    expect(await post("series", match)).toEqual(
      ["/cart", "/pay"].map((route) => ({
        __name__: "shop_requests_total",
        http_route: route,
        instance: "i-1",
        job: "shop",
      })),
    );
  });

  test("a panel asks for a range, a table for the end of it", async () => {
    const query = "sum by (http_route) (rate(shop_requests_total[1m0s]))";
    const { resultType, result } = await post("query_range", { query, ...window, step: String(STEP_S) });
    expect(resultType).toBe("matrix");
    expect(result.map(({ metric }: Json) => metric)).toEqual([{ http_route: "/cart" }, { http_route: "/pay" }]);
    for (const { values } of result) {
      expect(values.at(0)[0]).toBeLessThanOrEqual(START_S + STEP_S);
      expect(values.at(-1)[0]).toBe(END_S);
      expect(Number(values.at(-1)[1])).toBeCloseTo(2);
    }
    const table = await post("query", { query, time: String(END_S) });
    const byRoute = (a: Json, b: Json): number => (a.metric.http_route < b.metric.http_route ? -1 : 1);
    expect(table.result.toSorted(byRoute)).toEqual(
      result.map(({ metric, values }: Json) => ({ metric, value: values.at(-1) }) as Json),
    );
  });

  test("a heat map and a quantile ask for buckets", async () => {
    const buckets = "sum by (le) (rate(shop_duration_seconds_bucket[1m0s]))";
    const { result } = await post("query_range", { query: buckets, ...window, step: String(STEP_S) });
    const last = Object.fromEntries(result.map(({ metric, values }: Json) => [metric.le, Number(values.at(-1)[1])]));
    expect(last).toEqual({ "0.25": 2 / 3, "0.5": 4 / 3, "+Inf": 4 / 3 });
    const quantile = await post("query", { query: `histogram_quantile(0.75, ${buckets})`, time: String(END_S) });
    expect(Number(quantile.result[0].value[1])).toBeCloseTo(0.375);
  });

  test("a panel with exemplars asks for them, and they name their trace", async () => {
    const query = "histogram_quantile(0.9, sum by (le) (rate(shop_duration_seconds_bucket[1m0s])))";
    const found = await post("query_exemplars", { query, ...window });
    expect(found).toHaveLength(2);
    expect(found[0]).toMatchObject({
      seriesLabels: { __name__: "shop_duration_seconds_bucket", le: "0.5", http_route: "/cart" },
      exemplars: [{ labels: { trace_id: TRACE_ID }, value: "0.3", timestamp: END_S - STEP_S }],
    });
  });

  test("a query that cannot be read is told so that the editor can show it", async () => {
    const body = new URLSearchParams({ query: "sum(", ...window, step: String(STEP_S) });
    const response = await fetch(`${clew.prometheus}/api/v1/query_range`, { method: "POST", body });
    expect([response.status, await response.json()]).toEqual([
      400,
      {
        status: "error",
        errorType: "bad_data",
        error: 'invalid parameter "query": 1:5: parse error: unclosed left parenthesis',
      },
    ]);
  });
});
