import type { AddressInfo } from "node:net";
import { type ServerType, serve } from "@hono/node-server";
import type { Clock } from "@clew/base";
import { Labels, MemoryQuerier } from "@clew/query";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { prometheusApi } from "./prometheus-api.ts";
import { EMPTY_STATE } from "./program-state.test-kit.ts";

const NOW_MS = 1_700_000_000_020;
const STOPPED_CLOCK: Clock = { nowMs: () => NOW_MS, after: () => () => undefined, every: () => () => undefined };

let server: ServerType;
let address: string;

beforeAll(async () => {
  const app = prometheusApi({ querier: filledQuerier(), clock: STOPPED_CLOCK, version: "3.5.0", state: EMPTY_STATE });
  address = await new Promise((resolve) => {
    server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }: AddressInfo) =>
      resolve(`http://127.0.0.1:${port}`),
    );
  });
});

afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
});

function filledQuerier(): MemoryQuerier {
  const querier = new MemoryQuerier();
  const up = (job: string): Labels => Labels.of({ __name__: "up", job });
  for (let second = 1_699_999_900; second <= 1_700_000_000; second += 10) {
    querier.add(up("api"), second * 1000, 1);
    querier.add(up("db"), second * 1000, 0);
    querier.add(Labels.of({ __name__: "requests_total", job: "api" }), second * 1000, second - 1_699_999_900);
  }
  querier.add(Labels.of({ __name__: "latency" }), 1_700_000_000_000, {
    schema: 0,
    count: 4,
    sum: 6.5,
    zeroThreshold: 0.5,
    zeroCount: 1,
    positive: { offset: 1, counts: Float64Array.of(1, 2) },
    negative: { offset: 0, counts: new Float64Array(0) },
    customBounds: new Float64Array(0),
    counterReset: "unknown",
  });
  querier.describe({ metric: "requests", type: "counter", help: "Requests.", unit: "" });
  querier.describe({ metric: "up", type: "gauge", help: "Is it up?", unit: "" });
  querier.addExemplar(Labels.of({ __name__: "requests_total", job: "api" }), {
    labels: Labels.of({ trace_id: "abc" }),
    value: 1,
    timestampMs: 1_699_999_999_500,
  });
  return querier;
}

async function get(path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${address}${path}`);
  return { status: response.status, text: await response.text() };
}

async function getData(path: string): Promise<unknown> {
  const { status, text } = await get(path);
  expect({ status, text }).toMatchObject({ status: 200 });
  return (JSON.parse(text) as { data: unknown }).data;
}

function q(query: string, more = ""): string {
  return `/api/v1/query?query=${encodeURIComponent(query)}${more}`;
}

describe("query", () => {
  test("gives a vector with times in seconds and values as text", async () => {
    const { text } = await get(q('up{job="api"}'));
    expect(text).toBe(
      '{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","job":"api"},"value":[1700000000.020,"1"]}]}}',
    );
  });

  test.each([
    ["1", '{"resultType":"scalar","result":[1700000000.020,"1"]}'],
    ['"a\\"b"', '{"resultType":"string","result":[1700000000.020,"a\\"b"]}'],
    ["vector(1) / 0", '{"resultType":"vector","result":[{"metric":{},"value":[1700000000.020,"+Inf"]}]}'],
    ["-vector(1) / 0", '{"resultType":"vector","result":[{"metric":{},"value":[1700000000.020,"-Inf"]}]}'],
    ["vector(0) / 0", '{"resultType":"vector","result":[{"metric":{},"value":[1700000000.020,"NaN"]}]}'],
    ["vector(1e-7)", '{"resultType":"vector","result":[{"metric":{},"value":[1700000000.020,"1e-07"]}]}'],
    [
      'up{job="db"}[15s]',
      '{"resultType":"matrix","result":[{"metric":{"__name__":"up","job":"db"},"values":[[1699999990,"0"],[1700000000,"0"]]}]}',
    ],
    [
      "latency",
      '{"resultType":"vector","result":[{"metric":{"__name__":"latency"},"histogram":[1700000000.020,{"count":"4","sum":"6.5","buckets":[[3,"-0.5","0.5","1"],[0,"1","2","1"],[0,"2","4","2"]]}]}]}',
    ],
  ])("writes %s as Prometheus does", async (query, data) => {
    expect((await get(q(query))).text).toBe(`{"status":"success","data":${data}}`);
  });

  test("reads a form in the body, and times in RFC 3339", async () => {
    const body = new URLSearchParams({ query: "time()", time: "2023-11-14T22:13:20.5Z" });
    const response = await fetch(`${address}/api/v1/query`, { method: "POST", body });
    expect(await response.json()).toEqual({
      status: "success",
      data: { resultType: "scalar", result: [1_700_000_000.5, "1700000000.5"] },
    });
  });

  test("cuts an answer at the limit and says so", async () => {
    const { text } = await get(q("up", "&limit=1"));
    expect(JSON.parse(text)).toMatchObject({
      data: { result: { length: 1 } },
      warnings: ["results truncated due to limit"],
    });
  });

  test("tells what a query cost where that is asked for", async () => {
    const stats = {
      timings: {
        evalTotalTime: 0,
        resultSortTime: 0,
        queryPreparationTime: 0,
        innerEvalTime: 0,
        execQueueTime: 0,
        execTotalTime: 0,
      },
      samples: { totalQueryableSamples: 2, samplesRead: 2, peakSamples: expect.any(Number) as number },
    };
    expect(await getData(q("up", "&stats=all"))).toMatchObject({ result: { length: 2 }, stats });
    expect(await getData(q("up", "&stats=true"))).toMatchObject({ stats });
    expect(await getData(q("up"))).not.toHaveProperty("stats");
    const { text } = await get(q("up", "&stats=yes"));
    const warning =
      'value "yes" for parameter "stats" is deprecated and will be rejected in the next major release, use "true" or "all"';
    expect(JSON.parse(text)).toMatchObject({ data: { stats }, warnings: [warning] });
  });

  test("tells what is doubtful about a query", async () => {
    const { text } = await get(q("rate(up[1m])"));
    const info =
      'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "up" (1:6)';
    expect(JSON.parse(text)).toMatchObject({ status: "success", infos: [info] });
  });

  test("looks back no further than lookback_delta", async () => {
    const later = "&time=1700000060";
    expect(await getData(q("up", later))).toMatchObject({ result: { length: 2 } });
    expect(await getData(q("up", `${later}&lookback_delta=30s`))).toMatchObject({ result: { length: 0 } });
  });

  test.each([
    ["", 400, "bad_data", 'invalid parameter "query": unknown position: parse error: no expression found in input'],
    ["sum(", 400, "bad_data", 'invalid parameter "query": 1:5: parse error: unclosed left parenthesis'],
    [
      "rate(up)",
      400,
      "bad_data",
      'invalid parameter "query": 1:6: parse error: expected type range vector in call to function "rate", got instant vector',
    ],
    [
      "up + on() up",
      422,
      "execution",
      'found duplicate series for the match group {} on the right hand-side of the operation: [{__name__="up", job="api"}, {__name__="up", job="db"}];many-to-many matching not allowed: matching labels must be unique on one side',
    ],
  ])("refuses %j with status %d", async (query, status, errorType, error) => {
    const answer = await get(q(query));
    expect([answer.status, JSON.parse(answer.text)]).toEqual([status, { status: "error", errorType, error }]);
  });

  test.each([
    ["&time=abc", `invalid parameter "time": invalid time value for 'time': cannot parse "abc" to a valid timestamp`],
    ["&timeout=xx", 'invalid parameter "timeout": cannot parse "xx" to a valid duration'],
    ["&limit=-1", 'invalid parameter "limit": limit must be non-negative'],
  ])("refuses the parameter %s", async (parameter, error) => {
    const { status, text } = await get(q("up", parameter));
    expect([status, JSON.parse(text)]).toEqual([400, { status: "error", errorType: "bad_data", error }]);
  });
});

describe("query_range", () => {
  const range = (query: string, rest: string): string =>
    `/api/v1/query_range?query=${encodeURIComponent(query)}&${rest}`;

  test("gives a matrix over the steps", async () => {
    const { text } = await get(range("increase(requests_total[20s])", "start=1699999980&end=1700000000&step=10s"));
    expect(text).toBe(
      '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"api"},"values":[[1699999980,"20"],[1699999990,"20"],[1700000000,"20"]]}]}}',
    );
  });

  test.each([
    ["start=2&end=1&step=1", 'invalid parameter "end": end timestamp must not be before start time'],
    ["end=1&step=1", 'invalid parameter "start": cannot parse "" to a valid timestamp'],
    ["start=1&end=2&step=abc", 'invalid parameter "step": cannot parse "abc" to a valid duration'],
    [
      "start=1&end=2&step=0",
      'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    ],
    [
      "start=0&end=11001&step=1",
      "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
    ],
  ])("refuses %s", async (rest, error) => {
    const { status, text } = await get(range("up", rest));
    expect([status, JSON.parse(text)]).toEqual([400, { status: "error", errorType: "bad_data", error }]);
  });

  test("refuses a range selector", async () => {
    const { text } = await get(range("up[5m]", "start=1&end=2&step=1"));
    const problem = 'invalid expression type "range vector" for range query, must be Scalar or instant Vector';
    expect(JSON.parse(text)).toMatchObject({ error: `invalid parameter "query": ${problem}` });
  });
});

describe("metadata", () => {
  test("lists label names, values and series in order", async () => {
    expect(await getData("/api/v1/labels")).toEqual(["__name__", "job"]);
    expect(await getData("/api/v1/label/job/values")).toEqual(["api", "db"]);
    expect(await getData('/api/v1/label/job/values?match[]=up{job!="api"}')).toEqual(["db"]);
    expect(await getData("/api/v1/label/nope/values")).toEqual([]);
    expect(await getData("/api/v1/series?match[]=up&match[]=requests_total")).toEqual([
      { __name__: "requests_total", job: "api" },
      { __name__: "up", job: "api" },
      { __name__: "up", job: "db" },
    ]);
  });

  test("sees only series with samples in the window", async () => {
    expect(await getData("/api/v1/labels?start=1&end=2")).toEqual([]);
  });

  test("cuts lists at the limit and says so", async () => {
    const { text } = await get("/api/v1/labels?limit=1");
    expect(text).toBe('{"status":"success","data":["__name__"],"warnings":["results truncated due to limit"]}');
  });

  test.each([
    ["/api/v1/series", "no match[] parameter provided"],
    ["/api/v1/labels?match[]={}", "match[] must contain at least one non-empty matcher"],
    [
      "/api/v1/series?match[]={a=~%22.*%22}",
      'invalid parameter "match[]": match[] must contain at least one non-empty matcher',
    ],
  ])("refuses %s", async (path, error) => {
    const { status, text } = await get(path);
    expect([status, JSON.parse(text)]).toEqual([400, { status: "error", errorType: "bad_data", error }]);
  });

  test("tells metrics' types and meanings", async () => {
    expect(await getData("/api/v1/metadata?metric=up")).toEqual({
      up: [{ type: "gauge", help: "Is it up?", unit: "" }],
    });
    expect(Object.keys((await getData("/api/v1/metadata?limit=1")) as object)).toEqual(["requests"]);
  });

  test("gives exemplars of every selector in a query", async () => {
    const { text } = await get(
      "/api/v1/query_exemplars?query=rate(requests_total[1m])%2Bup&start=1699999990&end=1700000000",
    );
    expect(text).toBe(
      '{"status":"success","data":[{"seriesLabels":{"__name__":"requests_total","job":"api"},"exemplars":[{"labels":{"trace_id":"abc"},"value":"1","timestamp":1699999999.500}]}]}',
    );
  });
});

test("formats queries", async () => {
  const query = 'sum by(job)(rate(foo{bar="baz"}[5m]))>0 and on(a)b';
  expect(await getData(`/api/v1/format_query?query=${encodeURIComponent(query)}`)).toBe(
    'sum by (job) (rate(foo{bar="baz"}[5m])) > 0 and on (a) b',
  );
});

test("says what it is and how it does", async () => {
  expect(await getData("/api/v1/status/buildinfo")).toMatchObject({ version: "3.5.0" });
  expect(await get("/-/healthy")).toEqual({ status: 200, text: "Prometheus Server is Healthy.\n" });
  expect(await get("/-/ready")).toEqual({ status: 200, text: "Prometheus Server is Ready.\n" });
  expect(await get("/api/v1/nope")).toEqual({ status: 404, text: "404 page not found\n" });
});

test("other methods and paths are refused, and OPTIONS is answered everywhere", async () => {
  const answered = async (path: string, method: string): Promise<unknown[]> => {
    const response = await fetch(`${address}${path}`, { method });
    return [response.status, await response.text()];
  };
  expect(await answered("/api/v1/query", "DELETE")).toEqual([405, "Method Not Allowed\n"]);
  expect(await answered("/api/v1/metadata", "POST")).toEqual([405, "Method Not Allowed\n"]);
  expect(await answered("/api/v1/nope", "POST")).toEqual([404, "404 page not found\n"]);
  for (const path of ["query", "label/job/values", "nope"])
    expect(await answered(`/api/v1/${path}`, "OPTIONS")).toEqual([204, ""]);
});

test("remote write is not there where nothing may be written", async () => {
  const response = await fetch(`${address}/api/v1/write`, { method: "POST", body: "" });
  expect([response.status, await response.text()]).toEqual([
    404,
    "this program only answers questions: write to one that stores (--role all)\n",
  ]);
});
