import { METRIC_NAME } from "@clew/query";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { snappyCompress } from "../../../collector/src/compression/snappy.ts";
import { startServer, type Json, type RunningServer } from "../running-server.test-kit.ts";
import { requestV1, requestV2, V2_TYPE, type SentSeries } from "./remote-write.test-kit.ts";

const START_MS = Math.floor(Date.now() / 1_000) * 1_000 - 600_000;
const V1_TYPE = "application/x-protobuf";

let server: RunningServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(async () => {
  await server.stop();
});

async function post(body: Buffer, headers: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(`${server.url}/api/v1/write`, { method: "POST", body: new Uint8Array(body), headers });
}

const versions: readonly (readonly [string, (...series: readonly SentSeries[]) => Promise<Response>])[] = [
  ["1.0", (...series) => post(requestV1(series), { "content-type": V1_TYPE, "content-encoding": "snappy" })],
  ["2.0", (...series) => post(requestV2(series), { "content-type": V2_TYPE, "content-encoding": "snappy" })],
];

async function query(promql: string, atMs: number): Promise<Json[]> {
  await server.running.store.flush();
  const { body } = await server.get(`/api/v1/query?query=${encodeURIComponent(promql)}&time=${atMs / 1_000}`);
  return body.data.result;
}

/** `seconds: value`. */
async function samplesOf(name: string): Promise<string[]> {
  const [series] = await query(`${name}[1h]`, START_MS + 600_000);
  return (series?.values ?? []).map(([time, value]: [number, string]) => `${time - START_MS / 1_000}: ${value}`);
}

const at = (seconds: number, value: number): { timestamp: number; value: number } => ({
  timestamp: START_MS + seconds * 1_000,
  value,
});

describe.each(versions)("remote write %s", (version, write) => {
  const named = (name: string): string => `${name}_${version.replace(".", "_")}`;

  test("labels come back as they were sent", async () => {
    const labels = {
      __name__: named("http.requests/ü_total"),
      "a.b": "x",
      instance: "host:1",
      job: "shop/api",
      le: "0.10",
      ünï: "ö",
    };
    expect((await write({ labels: { ...labels, empty: "" }, samples: [at(1, 2)] })).status).toBe(204);
    const found = await query(`{__name__=${JSON.stringify(labels[METRIC_NAME])}}`, START_MS + 2_000);
    expect(found.map(({ metric }) => metric)).toEqual([labels]);
    expect(await query(`target_info{job="shop/api"}`, START_MS + 2_000)).toEqual([]);
  });

  test("values are exact, and stale markers end a series", async () => {
    const labels = { __name__: named("exact") };
    const values = [0.1, -0, 5e-324, Infinity, NaN];
    await write({ labels, samples: values.map((value, i) => at(i + 1, value)) });
    expect(await samplesOf(named("exact"))).toEqual(["1: 0.1", "2: -0", "3: 5e-324", "4: +Inf", "5: NaN"]);
    const ending = { __name__: named("ending") };
    await write({ labels: ending, samples: [at(1, 1)] });
    expect(await query(named("ending"), START_MS + 5_000)).toHaveLength(1);
    const staleBits = Buffer.from("020000000000f07f", "hex");
    const placeholder = 1.2345678e123;
    const bits = Buffer.alloc(8);
    bits.writeDoubleLE(placeholder);
    const plain = version === "1.0" ? requestV1 : requestV2;
    const body = plain([{ labels: ending, samples: [at(3, placeholder)] }]);
    const place = body.indexOf(bits);
    expect(place).toBeGreaterThan(0);
    staleBits.copy(body, place);
    const type = version === "1.0" ? V1_TYPE : V2_TYPE;
    expect((await post(body, { "content-type": type })).status).toBe(204);
    expect(await query(named("ending"), START_MS + 5_000)).toEqual([]);
  });

  test("samples may come out of order and twice", async () => {
    const labels = { __name__: named("late") };
    await write({ labels, samples: [at(3, 3), at(5, 5)] });
    await write({ labels, samples: [at(1, 1), at(5, 5)] });
    expect(await samplesOf(named("late"))).toEqual(["1: 1", "3: 3", "5: 5"]);
  });

  test("exemplars come back, with a sample and without", async () => {
    const name = named("exemplified");
    const traced = { labels: { trace_id: "0af7651916cd43dd8448eb211c80319c" }, value: 1, timestamp: START_MS + 1_000 };
    const other = { labels: { trace_id: "mine", user: "u" }, value: 2, timestamp: START_MS + 2_000 };
    await write({ labels: { __name__: name }, samples: [at(1, 1)], exemplars: [traced] });
    await write({ labels: { __name__: name }, exemplars: [other] });
    expect(await samplesOf(name)).toEqual(["1: 1"]);
    const range = `start=${START_MS / 1_000}&end=${START_MS / 1_000 + 60}`;
    const { body } = await server.get(`/api/v1/query_exemplars?query=${name}&${range}`);
    expect(body.data).toEqual([
      {
        seriesLabels: { __name__: name },
        exemplars: [traced, other].map(({ labels, value, timestamp }) => ({
          labels,
          value: String(value),
          timestamp: timestamp / 1_000,
        })),
      },
    ]);
  });

  test("native histograms come back: of whole numbers, of fractions and with bounds of their own", async () => {
    const spans = {
      positiveSpans: [
        { offset: 0, length: 2 },
        { offset: 1, length: 1 },
      ],
    };
    const timestamp = START_MS + 1_000;
    const whole = { countInt: 7, sum: 9.5, schema: 1, zeroThreshold: 0.001, zeroCountInt: 1, ...spans, timestamp };
    const histograms = [
      { ...whole, positiveDeltas: [1, 1, 1], negativeSpans: [], resetHint: 1 },
      {
        ...whole,
        countInt: undefined,
        zeroCountInt: undefined,
        countFloat: 2.75,
        zeroCountFloat: 0.5,
        positiveCounts: [0.25, 1, 1],
        resetHint: 3,
      },
      {
        countInt: 3,
        sum: 4,
        schema: -53,
        positiveSpans: [{ offset: 1, length: 2 }],
        positiveDeltas: [1, 1],
        customValues: [1, 2],
        timestamp,
      },
    ];
    for (const [i, histogram] of histograms.entries())
      expect((await write({ labels: { __name__: named(`native_${i}`) }, histograms: [histogram] })).status).toBe(204);
    const bucketsOf = async (i: number): Promise<unknown> => {
      const [found] = await query(named(`native_${i}`), START_MS + 2_000);
      const { count, sum, buckets } = found.histogram[1];
      return [
        count,
        sum,
        ...buckets.map((bucket: unknown[]) =>
          bucket.slice(1).map((one) => Number(String(one).replace("+Inf", "Infinity"))),
        ),
      ];
    };
    const root = Math.SQRT2;
    const near = (value: number): unknown => expect.closeTo(value, 9);
    expect(await bucketsOf(0)).toEqual([
      "7",
      "9.5",
      [-0.001, 0.001, 1],
      [near(1 / root), 1, 1],
      [1, near(root), 2],
      [2, near(2 * root), 3],
    ]);
    expect(await bucketsOf(1)).toEqual([
      "2.75",
      "9.5",
      [-0.001, 0.001, 0.5],
      [near(1 / root), 1, 0.25],
      [1, near(root), 1],
      [2, near(2 * root), 1],
    ]);
    expect(await bucketsOf(2)).toEqual(["3", "4", [1, 2, 1], [2, Infinity, 2]]);
  });

  test("what can't be true is refused with Prometheus's words", async () => {
    const labels = { __name__: named("wrong") };
    const ahead = Date.now() - START_MS;
    const refusal = async (series: SentSeries): Promise<[number, string]> => {
      const response = await write(series);
      return [response.status, (await response.text()).trim()];
    };
    expect(await refusal({ labels, samples: [at(ahead / 1_000 + 700, 1)] })).toEqual([
      400,
      `out of bounds: timestamp is too far in the future for series {__name__="${named("wrong")}"}`,
    ]);
    const mismatch = { countInt: 3, schema: 0, positiveSpans: [{ offset: 0, length: 2 }], positiveDeltas: [3] };
    const [status, text] = await refusal({ labels, histograms: [{ ...mismatch, timestamp: START_MS }] });
    expect(status).toBe(400);
    expect(text).toContain("spans need 2 buckets, have 1 buckets");
    const few = { countInt: 1, schema: 0, positiveSpans: [{ offset: 0, length: 1 }], positiveDeltas: [3] };
    expect((await refusal({ labels, histograms: [{ ...few, timestamp: START_MS }] }))[1]).toContain(
      "3 observations found in buckets, but the Count field is 1",
    );
    expect(await samplesOf(named("wrong"))).toEqual([]);
  });
});

test("of a request of 2.0, what is right is stored and counted; the rest is told", async () => {
  const good = { labels: { __name__: "partly_good", job: "j" }, samples: [at(1, 1), at(2, 2)] };
  const histograms = [{ countInt: 0, sum: 0, schema: 0, timestamp: START_MS }];
  const exemplars = [{ labels: { a: "b" }, value: 1, timestamp: START_MS }];
  const request = requestV2([
    { labels: { job: "nameless" }, samples: [at(1, 1)] },
    good,
    { labels: { __name__: "partly_good_native" }, histograms, exemplars },
    {
      labels: [
        ["__name__", "twice"],
        ["a", "1"],
        ["a", "2"],
      ],
      samples: [at(1, 1)],
    },
  ]);
  const response = await post(request, { "content-type": V2_TYPE, "content-encoding": "snappy" });
  expect(response.status).toBe(400);
  expect((await response.text()).trim().split("\n")).toEqual([
    'invalid metric name or labels, got {job="nameless"}',
    'invalid labels for series, labels {__name__="twice", a="2"}, duplicated label a',
  ]);
  const written = ["samples", "histograms", "exemplars"].map((kind) =>
    response.headers.get(`x-prometheus-remote-write-${kind}-written`),
  );
  expect(written).toEqual(["2", "1", "1"]);
  expect(await samplesOf("partly_good")).toEqual(["1: 1", "2: 2"]);
});

test("of a request of 1.0, series with wrong labels are left out", async () => {
  const request = requestV1([
    { labels: { job: "nameless" }, samples: [at(1, 1), at(2, 1)] },
    { labels: { __name__: "v1_good" }, samples: [at(1, 1)] },
  ]);
  const before = server.counts.invalidLabelSamples;
  expect((await post(request, { "content-type": V1_TYPE })).status).toBe(204);
  expect(server.counts.invalidLabelSamples).toBe(before + 2);
  expect(await samplesOf("v1_good")).toEqual(["1: 1"]);
});

test("start times of 2.0 are where counters are reset", async () => {
  const samples = [
    { ...at(60, 10), startTimestamp: START_MS },
    { ...at(120, 30), startTimestamp: START_MS },
  ];
  await post(requestV2([{ labels: { __name__: "started_total" }, samples }]), { "content-type": V2_TYPE });
  expect(await samplesOf("started_total")).toEqual(["60: 10", "120: 30"]);
  const rows = await server.running.store.client.rows<readonly [string]>(
    `SELECT DISTINCT toUnixTimestamp64Milli(StartTimestamp) FROM metric_samples WHERE Fingerprint IN
       (SELECT Fingerprint FROM metric_series WHERE MetricName = 'started_total')`,
  );
  expect(rows.map(([ms]) => Number(ms))).toEqual([START_MS]);
});

test("metadata of both versions is answered, a classic histogram's by its family", async () => {
  const COUNTER = 1;
  const HISTOGRAM = 3;
  const told = [
    { type: COUNTER, metricFamilyName: "told_total", help: "Told.", unit: "" },
    { type: HISTOGRAM, metricFamilyName: "took_seconds", help: "How long.", unit: "seconds" },
  ];
  expect((await post(requestV1([], told), { "content-type": V1_TYPE })).status).toBe(204);
  const series = ["told_total", "took_seconds_bucket", "took_seconds_count"].map((name) => ({
    labels: { __name__: name, le: "1" },
    samples: [at(1, 1)],
  }));
  await post(requestV1(series), { "content-type": V1_TYPE });
  const metadata = { type: COUNTER, help: "Second.", unit: "bytes" };
  await post(requestV2([{ labels: { __name__: "second_total" }, samples: [at(1, 1)], metadata }]), {
    "content-type": V2_TYPE,
  });
  await server.running.store.flush();
  const of = async (metric: string): Promise<Json> => (await server.get(`/api/v1/metadata?metric=${metric}`)).body.data;
  expect(await of("told_total")).toEqual({ told_total: [{ type: "counter", help: "Told.", unit: "" }] });
  expect(await of("took_seconds")).toEqual({
    took_seconds: [{ type: "histogram", help: "How long.", unit: "seconds" }],
  });
  expect(await of("second_total")).toEqual({ second_total: [{ type: "counter", help: "Second.", unit: "bytes" }] });
});

test("the catalogue has counters and histograms as their sender told them", async () => {
  const [COUNTER, HISTOGRAM, SUMMARY] = [1, 3, 5];
  const of = (name: string, type: number, labels: object = {}): SentSeries => ({
    labels: { __name__: name, ...labels },
    samples: [at(1, 1)],
    metadata: { type, help: `Of ${name}.`, unit: type === COUNTER ? "bytes" : "" },
  });
  const series = [
    of("listed_total", COUNTER),
    of("listed_latency_bucket", HISTOGRAM, { le: "1" }),
    of("listed_latency_bucket", HISTOGRAM, { le: "+Inf" }),
    of("listed_latency_sum", HISTOGRAM),
    of("listed_latency_count", HISTOGRAM),
    of("listed_quantiles", SUMMARY, { quantile: "0.5" }),
    of("listed_quantiles_count", SUMMARY),
    { labels: { __name__: "listed_untold" }, samples: [at(1, 1)] },
  ];
  await post(requestV2(series), { "content-type": V2_TYPE });
  await server.running.store.flush();
  const { body } = await server.get(`/api/clew/v1/metrics?start=${START_MS}`);
  const listed = body.metrics.filter(({ name }: Json) => name.startsWith("listed_"));
  const shown = ({ name, type, unit, monotonic, temporality, series: count }: Json): unknown[] => {
    return [name, type, unit, monotonic, temporality, count];
  };
  expect(listed.map(shown)).toEqual([
    ["listed_latency", "histogram", "", false, 2, 1],
    ["listed_quantiles", "summary", "", false, 0, 1],
    ["listed_total", "sum", "bytes", true, 2, 1],
    ["listed_untold", "gauge", "", false, 0, 1],
  ]);
});

test.each([
  [{ "content-type": "yolo" }, 415, "expected application/x-protobuf as the first (media) part, got yolo content-type"],
  [
    { "content-type": "application/x-protobuf;proto=yolo" },
    415,
    "got application/x-protobuf;proto=yolo content type; unknown type for remote write protobuf message yolo, supported: prometheus.WriteRequest, io.prometheus.write.v2.Request",
  ],
  [
    { "content-type": V2_TYPE, "content-encoding": "zstd" },
    415,
    "zstd encoding (compression) is not accepted by this server; only snappy is acceptable",
  ],
  [{ "content-type": V1_TYPE, "sec-fetch-site": "cross-site" }, 403, "a page of another site may not write"],
])("headers %j are answered with %i", async (headers, status, text) => {
  const response = await post(requestV1([]), headers);
  expect([response.status, (await response.text()).trim()]).toEqual([status, text]);
});

test("broken bodies are refused, and none of them is a fault of ours", async () => {
  expect((await post(Buffer.from([5, 255, 1]), { "content-type": V1_TYPE })).status).toBe(400);
  expect((await post(snappyCompress(Buffer.alloc(33 * 1_048_576)), { "content-type": V1_TYPE })).status).toBe(413);
  const whole = [requestV1, requestV2].map((request) =>
    request([
      {
        labels: { __name__: "mutated", a: "b" },
        samples: [at(1, 1)],
        histograms: [
          {
            countInt: 3,
            schema: 0,
            positiveSpans: [{ offset: 0, length: 1 }],
            positiveDeltas: [3],
            timestamp: START_MS,
          },
        ],
        exemplars: [{ labels: { c: "d" }, value: 1, timestamp: START_MS }],
      },
    ]),
  );
  const countStored = async (): Promise<number> => {
    await server.running.store.flush();
    const tables = ["metric_samples", "metric_histograms", "metric_exponential_histograms"];
    const counts = tables.map((table) => `SELECT count() AS rows FROM ${table}`).join(" UNION ALL ");
    const [row] = await server.running.store.client.rows<readonly [string]>(`SELECT sum(rows) FROM (${counts})`);
    return Number(row?.[0]);
  };
  const before = await countStored();
  let told = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(0, 1),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      fc.nat(),
      async (version, changes, cut) => {
        const body = Buffer.from(whole[version]!);
        for (const [place, byte] of changes) body[place % body.length] = byte;
        const part = body.subarray(0, cut % 3 === 0 ? cut % body.length : body.length);
        const response = await post(part, { "content-type": version === 0 ? V1_TYPE : V2_TYPE });
        expect([204, 400, 413]).toContain(response.status);
        for (const kind of ["samples", "histograms"])
          told += Number(response.headers.get(`x-prometheus-remote-write-${kind}-written`) ?? 0);
      },
    ),
    { numRuns: 300 },
  );
  // What came in 1.0 is not told.
  expect((await countStored()) - before).toBeGreaterThanOrEqual(told);
  expect(told).toBeGreaterThan(0);
  expect((await query("count(count by (__name__) ({__name__=~'.+'}))", START_MS + 2_000)).length).toBe(1);
});
