import type { Clock } from "@clew/base";
import { Labels, type NativeHistogram } from "@clew/query";
import { beforeAll, describe, expect, test } from "vitest";
import { MemoryQuerier } from "../../../query/src/promql/memory-querier.ts";
import { parseProtobuf } from "../../../collector/src/components/receivers/prometheus/exposition/protobuf.ts";
import { prometheusApi } from "../prometheus/prometheus-api.ts";
import { EMPTY_STATE } from "../prometheus/program-state.test-kit.ts";

const NOW_MS = 6_060_000;
const STOPPED_CLOCK: Clock = { nowMs: () => NOW_MS, after: () => () => undefined, every: () => () => undefined };
const querier = new MemoryQuerier();

const exponential: NativeHistogram = {
  schema: 1,
  count: 5,
  sum: 9.5,
  zeroThreshold: 0.001,
  zeroCount: 1,
  positive: { offset: 0, counts: Float64Array.of(1, 0, 2) },
  negative: { offset: 2, counts: Float64Array.of(1) },
  customBounds: new Float64Array(0),
  counterReset: "unknown",
};
const custom: NativeHistogram = {
  ...exponential,
  schema: -53,
  positive: { offset: 1, counts: Float64Array.of(1, 3) },
  negative: { offset: 0, counts: new Float64Array(0) },
  customBounds: Float64Array.of(0.5, 1),
  count: 4,
};

beforeAll(() => {
  const add = (name: string, more: Record<string, string>, timeMs: number, value: number | NativeHistogram): void =>
    querier.add(Labels.of({ __name__: name, ...more }), timeMs, value);
  add("b_total", { instance: "i", job: 'q"\\\n' }, 5_940_000, 1);
  add("b_total", { instance: "i", job: 'q"\\\n' }, 6_000_000, 1_234_567.5);
  add("a", { zone: "own", "x.y": "1" }, 6_000_000, 10_000);
  add("a", {}, 5_760_000, -0);
  add("too_old", {}, 5_759_999, 1);
  add("a.dotted", {}, 6_059_999, Number.NaN);
  add("native", { instance: "n" }, 6_000_000, exponential);
  add("native_custom", { instance: "n" }, 6_000_000, custom);
  add("ended", {}, 5_900_000, 1);
  querier.add(Labels.of({ __name__: "ended" }), 5_950_000, "stale");
});

async function federate(
  query: string,
  { accept = "", externalLabels = {} }: { accept?: string; externalLabels?: Record<string, string> } = {},
): Promise<Response> {
  const labels = Labels.of(externalLabels);
  const app = prometheusApi({
    querier,
    clock: STOPPED_CLOCK,
    version: "3.5.0",
    state: EMPTY_STATE,
    externalLabels: labels,
  });
  return app.request(`/federate?${query}`, { headers: { accept } });
}

const everything = `match[]=${encodeURIComponent('{__name__=~".+"}')}`;

describe("federation", () => {
  test("has the newest sample of each series within five minutes, without a type, by name", async () => {
    const response = await federate(everything);
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
    expect(await response.text()).toBe(`# TYPE a untyped
a{instance=""} 0 5760000
a{x_y="1",zone="own",instance=""} 10000 6000000
# TYPE a_dotted untyped
a_dotted{instance=""} NaN 6059999
# TYPE b_total untyped
b_total{instance="i",job="q\\"\\\\\\n"} 1.2345675e+06 6000000
# TYPE native_custom histogram
native_custom_bucket{instance="n",le="0.5"} 0 6000000
native_custom_bucket{instance="n",le="1"} 1 6000000
native_custom_bucket{instance="n",le="+Inf"} 4 6000000
native_custom_sum{instance="n"} 9.5 6000000
native_custom_count{instance="n"} 4 6000000
`);
  });

  test("adds external labels where a series has none of that name", async () => {
    const externalLabels = { zone: "ie", instance: "ext" };
    const text = await (await federate("match[]=a", { externalLabels })).text();
    expect(text.split("\n").slice(1, 3)).toEqual([
      'a{instance="ext",zone="ie"} 0 5760000',
      'a{x_y="1",zone="own",instance="ext"} 10000 6000000',
    ]);
  });

  test("speaks OpenMetrics and UTF-8 names with who asks for them", async () => {
    const accept = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;q=0.3";
    const response = await federate(`match[]=a&match[]={__name__="a.dotted"}&match[]=native_custom`, { accept });
    expect(response.headers.get("content-type")).toBe(
      "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
    );
    expect(await response.text()).toBe(`# TYPE a unknown
a{instance=""} 0.0 5760.0
a{"x.y"="1",zone="own",instance=""} 10000.0 6000.0
# TYPE "a.dotted" unknown
{"a.dotted",instance=""} NaN 6059.999
# TYPE native_custom histogram
native_custom_bucket{instance="n",le="0.5"} 0.0 6000.0
native_custom_bucket{instance="n",le="1.0"} 1.0 6000.0
native_custom_bucket{instance="n",le="+Inf"} 4.0 6000.0
native_custom_sum{instance="n"} 9.5 6000.0
native_custom_count{instance="n"} 4.0 6000.0
# EOF
`);
  });

  test("gives native histograms to who reads protobuf", async () => {
    const accept = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
    const response = await federate("match[]=native&match[]=b_total", { accept });
    const found: unknown[] = [];
    const page = Buffer.from(await response.arrayBuffer());
    parseProtobuf(
      page,
      {
        type: (family, type) => void found.push([family, type]),
        help: () => undefined,
        unit: () => undefined,
        sample: (series, value, timestampMs) => void found.push([series, value, timestampMs]),
        histogram: (series, histogram, timestampMs) => void found.push([series, histogram, timestampMs]),
      },
      { native: true, classicToo: false },
    );
    expect(found).toMatchObject([
      ["b_total", "unknown"],
      [expect.stringContaining('"b_total"'), 1_234_567.5, 6_000_000],
      ["native", "histogram"],
      [
        expect.stringContaining('"native"'),
        {
          schema: 1,
          count: 5,
          sum: 9.5,
          zeroCount: 1,
          zeroThreshold: 0.001,
          positive: {
            spans: [
              { offset: 0, length: 1 },
              { offset: 1, length: 1 },
            ],
            counts: [1, 2],
          },
          negative: { spans: [{ offset: 2, length: 1 }], counts: [1] },
        },
        6_000_000,
      ],
    ]);
  });

  test.each([
    ["", 200, ""],
    ["match[]=does_not_match_anything", 200, ""],
    ["match[]=-nope", 400, "1:1: parse error: unexpected <op:->\n"],
    ["match[]=a&match[]=not-a-name", 400, "1:4: parse error: unexpected <op:->\n"],
  ])("answers %j with %i", async (query, status, text) => {
    const response = await federate(query);
    expect([response.status, await response.text()]).toEqual([status, text]);
  });
});
