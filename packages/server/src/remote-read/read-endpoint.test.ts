import type { Clock } from "@clew/base";
import { Labels } from "@clew/query";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MemoryQuerier } from "../../../query/src/promql/memory-querier.ts";
import { snappyCompress } from "../../../collector/src/compression/snappy.ts";
import { prometheusApi } from "../prometheus/prometheus-api.ts";
import { EMPTY_STATE } from "../prometheus/program-state.test-kit.ts";
import { requestV1, type SentSeries } from "../remote-write/remote-write.test-kit.ts";
import { startServer, type RunningServer } from "../running-server.test-kit.ts";
import { ApiCounts } from "../api-counts.ts";
import { ReadEndpoint } from "./read-endpoint.ts";
import {
  doubleOf,
  floatHistograms,
  readChunks,
  readRequest,
  readResponseOf,
  type SentQuery,
  xorSamples,
} from "./remote-read.test-kit.ts";

const START_MS = Math.floor(Date.now() / 1_000) * 1_000 - 3_600_000;
const [SAMPLES, CHUNKS] = [0, 1];
const STALE = 0x7ff0_0000_0000_0002n;

let server: RunningServer;

beforeAll(async () => {
  server = await startServer();
  const at = (i: number, value: number): { timestamp: number; value: number } => ({
    timestamp: START_MS + i * 1_000,
    value,
  });
  const whole = { sum: 4, schema: 1, positiveSpans: [{ offset: -2, length: 2 }], timestamp: START_MS + 5_000 };
  const series: SentSeries[] = [
    { labels: { __name__: "read_a", job: "x" }, samples: Array.from({ length: 300 }, (_unused, i) => at(i, i / 3)) },
    { labels: { __name__: "read_a", job: "ü" }, samples: [at(1, Number.NaN), at(2, -0)] },
    { labels: { __name__: "read_b" }, samples: [at(1, 1)] },
    {
      labels: { __name__: "read_native" },
      histograms: [
        { ...whole, countInt: 5, positiveDeltas: [2, 1] },
        { ...whole, countFloat: 2.5, positiveCounts: [1, 1.5], timestamp: START_MS + 6_000, resetHint: 3 },
      ],
    },
  ];
  await fetch(`${server.url}/api/v1/write`, { method: "POST", body: new Uint8Array(requestV1(series)) });
  await server.running.store.flush();
});

afterAll(async () => {
  await server.stop();
});

const all: Omit<SentQuery, "matchers"> = { startMs: START_MS, endMs: START_MS + 600_000 };

async function read(queries: readonly SentQuery[], types: readonly number[] = []): Promise<Response> {
  return fetch(`${server.url}/api/v1/read`, { method: "POST", body: new Uint8Array(readRequest(queries, types)) });
}

const bodyOf = async (response: Response): Promise<Uint8Array> => new Uint8Array(await response.arrayBuffer());

test("samples of each query come in its place, both ends included", async () => {
  const response = await read([
    { startMs: START_MS + 1_000, endMs: START_MS + 2_000, matchers: [["__name__", "=", "read_a"]] },
    {
      ...all,
      matchers: [
        ["__name__", "=~", "read_.+"],
        ["job", "=", ""],
        ["__name__", "!=", "read_native"],
      ],
    },
    { ...all, matchers: [["__name__", "!~", ".*"]] },
  ]);
  expect([response.status, response.headers.get("content-type"), response.headers.get("content-encoding")]).toEqual([
    200,
    "application/x-protobuf",
    "snappy",
  ]);
  const [first, second, third] = readResponseOf(await bodyOf(response));
  expect(first).toMatchObject([
    {
      labels: { __name__: "read_a", job: "x" },
      samples: [{ value: 1 / 3 }, { value: 2 / 3, timestamp: START_MS + 2_000 }],
    },
    { labels: { __name__: "read_a", job: "ü" }, samples: [{ value: Number.NaN }, { value: -0 }] },
  ]);
  expect(second?.map(({ labels }) => labels)).toEqual([{ __name__: "read_b" }]);
  expect(third).toEqual([]);
});

test("native histograms are samples, of whole numbers and of fractions", async () => {
  const response = await read([{ ...all, matchers: [["__name__", "=", "read_native"]] }], [SAMPLES]);
  const [[series]] = readResponseOf(await bodyOf(response)) as [[{ histograms: unknown[] }]];
  expect(series.histograms).toMatchObject([
    {
      countInt: 5,
      sum: 4,
      schema: 1,
      positiveSpans: [{ offset: -2, length: 2 }],
      positiveDeltas: [2, 1],
      resetHint: 0,
    },
    { countFloat: 2.5, positiveCounts: [1, 1.5], resetHint: 3, timestamp: START_MS + 6_000 },
  ]);
});

test("chunks come as a stream, series by series in order", async () => {
  const matchers = [["__name__", "=~", "read_.*"]] as const;
  const response = await read(
    [
      { ...all, matchers },
      { ...all, matchers: [["__name__", "=", "read_b"]] },
    ],
    [7, CHUNKS, SAMPLES],
  );
  expect([response.status, response.headers.get("content-type")]).toEqual([
    200,
    "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse",
  ]);
  const chunks = readChunks(await bodyOf(response));
  expect(chunks.map(({ labels, queryIndex, type }) => [labels["__name__"], labels["job"], queryIndex, type])).toEqual([
    ["read_a", "x", 0, 1],
    ["read_a", "x", 0, 1],
    ["read_a", "x", 0, 1],
    ["read_a", "ü", 0, 1],
    ["read_b", undefined, 0, 1],
    ["read_native", undefined, 0, 3],
    ["read_native", undefined, 0, 3],
    ["read_b", undefined, 1, 1],
  ]);
  const ofFirst = chunks.slice(0, 3).flatMap(({ data }) => xorSamples(data));
  expect(ofFirst).toHaveLength(300);
  expect(ofFirst.every(([time, bits], i) => time === START_MS + i * 1_000 && doubleOf(bits) === i / 3)).toBe(true);
  const natives = chunks.filter(({ type }) => type === 3).flatMap(({ data }) => floatHistograms(data));
  expect(natives).toMatchObject([
    {
      count: 5,
      positive: [
        [-2, 2],
        [-1, 3],
      ],
    },
    {
      count: 2.5,
      positive: [
        [-2, 1],
        [-1, 1.5],
      ],
    },
  ]);
});

test("hints narrow what is read, and want labels alone for a list of series", async () => {
  const matchers = [
    ["__name__", "=", "read_a"],
    ["job", "=", "x"],
  ] as const;
  const hints = { startMs: START_MS + 10_000, endMs: START_MS + 12_000, func: "rate" };
  const [[narrow]] = readResponseOf(await bodyOf(await read([{ ...all, matchers, hints }]))) as [
    [{ samples: unknown[] }],
  ];
  expect(narrow.samples).toHaveLength(3);
  const list = readResponseOf(await bodyOf(await read([{ ...all, matchers, hints: { ...hints, func: "series" } }])));
  expect(list).toMatchObject([[{ labels: { __name__: "read_a", job: "x" }, samples: [] }]]);
});

test.each([
  ["what is not snappy", Buffer.from([5, 255, 1]), /snappy/],
  ["what is not the message", snappyCompress(Buffer.from([10, 200, 1])), /EOF/],
  [
    "too long a request",
    Buffer.from([0x81, 0x80, 0x80, 0x10]),
    /^snappy: decoded length 33554433 exceeds limit 33554432$/,
  ],
  ["a matcher of no type", readRequest([{ ...all, matchers: [["a", "?", "b"]] }]), /invalid matcher type/],
  ["a wrong expression", readRequest([{ ...all, matchers: [["a", "=~", "("]] }]), /error parsing regexp/],
  [
    "types that nobody knows",
    readRequest([], [7, 8]),
    /^server does not support any of the requested response types: \[7 8\]; supported: map\[SAMPLES:\{\} STREAMED_XOR_CHUNKS:\{\}\]$/,
  ],
])("%s is refused", async (_what, body, text) => {
  const response = await fetch(`${server.url}/api/v1/read`, { method: "POST", body: new Uint8Array(body) });
  expect([response.status, (await response.text()).trim()]).toEqual([400, expect.stringMatching(text)]);
});

const clock: Clock = { nowMs: () => 0, after: () => () => undefined, every: () => () => undefined };

test("external labels are added, and who asks for them asks for series without", async () => {
  const querier = new MemoryQuerier();
  querier.add(Labels.of({ __name__: "m", zone: "own" }), 1_000, 1);
  querier.add(Labels.of({ __name__: "m" }), 1_000, 2);
  querier.add(Labels.of({ __name__: "m" }), 2_000, "stale");
  const app = prometheusApi({
    querier,
    clock,
    version: "3.5.0",
    state: EMPTY_STATE,
    externalLabels: Labels.of({ zone: "eu", a: "b" }),
  });
  const post = async (zone: string, types: readonly number[]): Promise<Response> => {
    const query = {
      startMs: 0,
      endMs: 5_000,
      matchers: [
        ["__name__", "=", "m"],
        ["zone", "=", zone],
      ] as const,
    };
    return app.request("/api/v1/read", { method: "POST", body: new Uint8Array(readRequest([query], types)) });
  };
  const found = readResponseOf(await bodyOf(await post("eu", [])));
  expect(found).toMatchObject([[{ labels: { __name__: "m", a: "b", zone: "eu" }, samples: [{ value: 2 }, {}] }]]);
  expect(readResponseOf(await bodyOf(await post("own", [])))).toMatchObject([[{ labels: { a: "b", zone: "own" } }]]);
  const [chunk] = readChunks(await bodyOf(await post("eu", [CHUNKS])));
  expect(xorSamples(chunk!.data)[1]).toEqual([2_000, STALE]);
});

test("more samples than the limit are refused", async () => {
  const querier = new MemoryQuerier();
  for (let i = 0; i < 4; i++) querier.add(Labels.of({ __name__: "m", i: String(i % 2) }), 1_000 * i, i);
  const counts = new ApiCounts();
  const endpoint = new ReadEndpoint({ querier, externalLabels: Labels.empty, maxSamples: 3, counts });
  const body = new Uint8Array(readRequest([{ startMs: 0, endMs: 9_000, matchers: [["__name__", "=", "m"]] }]));
  const raw = new Request("http://localhost/", { method: "POST", body });
  const context = { req: { raw, header: () => undefined, arrayBuffer: () => raw.arrayBuffer() } };
  const response = await endpoint.answer(context as never);
  expect([response.status, await response.text()]).toEqual([400, "exceeded sample limit (3)\n"]);
  expect(counts).toMatchObject({ remoteReads: 0, remoteReadsOverLimit: 1 });
});

test("who waits for a turn is counted, until it is answered", async () => {
  const counts = new ApiCounts();
  const ends: (() => void)[] = [];
  const querier = new MemoryQuerier();
  querier.select = () => new Promise((resolve) => ends.push(() => resolve([])));
  const endpoint = new ReadEndpoint({ querier, externalLabels: Labels.empty, counts });
  const body = new Uint8Array(readRequest([{ startMs: 0, endMs: 9_000, matchers: [["__name__", "=", "m"]] }]));
  const answers = Array.from({ length: 12 }, () => {
    const raw = new Request("http://localhost/", { method: "POST", body });
    return endpoint.answer({ req: { raw, header: () => undefined, arrayBuffer: () => raw.arrayBuffer() } } as never);
  });
  await expect.poll(() => ends.length).toBe(10);
  expect(counts.remoteReads).toBe(12);
  for (const end of ends.splice(0)) end();
  await expect.poll(() => ends.length).toBe(2);
  for (const end of ends.splice(0)) end();
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 200));
  expect(counts.remoteReads).toBe(0);
});
