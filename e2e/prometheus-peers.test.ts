/** Debian's Prometheus beside a real `clew up`: it federates from it, reads from it remotely, and has the same chunks of the same samples. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runPrometheus, type RunningPrometheus } from "../packages/collector/src/prometheus.test-kit.ts";
import {
  floatHistograms,
  readChunks,
  readRequest,
  type ReadChunk,
  xorSamples,
} from "../packages/server/src/remote-read/remote-read.test-kit.ts";
import { requestV1, type SentSeries } from "../packages/server/src/remote-write/remote-write.test-kit.ts";
import { eventually, getJson, startClew, temporaryDirectory, type RunningClew } from "./running-clew.test-kit.ts";
import { optionalTool } from "./tools.test-kit.ts";

/** So few that Prometheus has them in one chunk. */
const COUNT = 100;
/** Prometheus cuts chunks at multiples of it. */
const BLOCK_MS = 7_200_000;
const STREAMED_XOR_CHUNKS = 1;

const latestMs = Math.floor(Date.now() / 1_000) * 1_000 - 30_000;
const spanMs = COUNT * 1_000;
const endMs = latestMs % BLOCK_MS > spanMs ? latestMs : latestMs - (latestMs % BLOCK_MS) - 1_000;
const startMs = endMs - spanMs;

const timesOf = (values: readonly number[]): { timestamp: number; value: number }[] =>
  values.map((value, i) => ({ timestamp: startMs + 1_000 * i + (i % 7), value }));
const range = Array.from({ length: COUNT }, (_unused, i) => i);
const SERIES: readonly SentSeries[] = [
  { labels: { __name__: "peer_total", job: "a" }, samples: timesOf(range.map((i) => i * 10)) },
  { labels: { __name__: "peer_total", job: "b", instance: "i" }, samples: timesOf(range.map((i) => i ** 2 / 7)) },
  { labels: { __name__: "peer_gauge" }, samples: timesOf(range.map((i) => Math.sin(i) * 1e9)) },
  {
    labels: { __name__: "peer_native" },
    histograms: range.map((i) => ({
      countFloat: 3.5 * (i + 1),
      sum: 1.25 * i,
      schema: 2,
      zeroThreshold: 0.001,
      zeroCountFloat: 0.5 * (i + 1),
      positiveSpans: [
        { offset: -3, length: 1 },
        { offset: 4, length: 1 },
      ],
      positiveCounts: [i + 1, i + 1],
      negativeSpans: [{ offset: 2, length: 1 }],
      negativeCounts: [i + 1],
      timestamp: startMs + 1_000 * i,
    })),
  },
];

/** Without native histograms: Debian's Prometheus reads none remotely, from another Prometheus neither. */
const QUERIES = [
  "peer_total",
  "sum by (job) (rate(peer_total[10500ms]))",
  "max_over_time(peer_gauge[1m])",
  "{__name__=~'peer_(total|gauge)', job!='b'}",
  "absent(peer_nothing)",
];

describe.skipIf(optionalTool("prometheus") === undefined)("beside Debian's prometheus", () => {
  const directory = temporaryDirectory();
  const running: { stop(): Promise<unknown> }[] = [];
  let clew: RunningClew;
  let peer: RunningPrometheus;

  beforeAll(async () => {
    clew = await startClew(directory.path);
    running.push(clew);
    peer = await runPrometheus();
    running.push(peer);
    for (const url of [clew.prometheus, peer.url]) {
      const body = new Uint8Array(requestV1(SERIES));
      const response = await fetch(`${url}/api/v1/write`, { method: "POST", body });
      if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
    }
    await eventually(
      () => chunksOf(clew.prometheus),
      (chunks) => chunks.length === SERIES.length,
    );
  }, 120_000);

  afterAll(async () => {
    for (const one of running.toReversed()) await one.stop();
    directory.remove();
  });

  const chunksOf = async (url: string): Promise<ReadChunk[]> => {
    const matchers = [["__name__", "=~", "peer_.+"]] as const;
    const body = new Uint8Array(readRequest([{ startMs, endMs, matchers }], [STREAMED_XOR_CHUNKS]));
    const response = await fetch(`${url}/api/v1/read`, { method: "POST", body });
    return readChunks(new Uint8Array(await response.arrayBuffer()));
  };

  const answer = async (url: string, query: string, timeMs: number): Promise<unknown> => {
    const parameters = new URLSearchParams({ query, time: String(timeMs / 1_000) });
    const { data } = await getJson<{ data: { result: { metric: object }[] } }>(
      `${url}/api/v1/query?${parameters.toString()}`,
    );
    return data.result.map((one) => JSON.stringify(one)).toSorted();
  };

  test("chunks of the same samples are the same, byte for byte", async () => {
    const [ours, theirs] = await Promise.all([chunksOf(clew.prometheus), chunksOf(peer.url)]);
    expect(theirs.map(({ type }) => type)).toEqual([1, 3, 1, 1]);
    const contentOf = ({ type, data }: ReadChunk): unknown => (type === 3 ? floatHistograms(data) : xorSamples(data));
    expect(ours.map(contentOf)).toEqual(theirs.map(contentOf));
    expect(ours).toEqual(theirs);
  });

  test("what Prometheus reads from Clew it answers as Clew does", async () => {
    const config = `remote_read: [{ url: "${clew.prometheus}/api/v1/read", read_recent: true }]`;
    const reader = await runPrometheus(config);
    running.push(reader);
    for (const query of QUERIES)
      expect([query, await answer(reader.url, query, endMs)]).toEqual([
        query,
        await answer(clew.prometheus, query, endMs),
      ]);
    const series = async (url: string): Promise<unknown> =>
      (await getJson<{ data: unknown }>(`${url}/api/v1/series?match[]=peer_total&start=${startMs / 1_000}`)).data;
    expect(await series(reader.url)).toEqual(await series(clew.prometheus));
  }, 60_000);

  test("what Prometheus federates from Clew it has, with labels and times as they are there", async () => {
    const config = `
global: { scrape_interval: 1s }
scrape_configs:
  - job_name: federate
    honor_labels: true
    metrics_path: /federate
    params: { "match[]": ['{__name__=~"fresh_.+"}'] }
    static_configs: [{ targets: ["${new URL(clew.prometheus).host}"] }]
`;
    const timestamp = Date.now() - 5_000;
    const fresh = (more: Record<string, string>, value: number): SentSeries => ({
      labels: { __name__: "fresh_total", ...more },
      samples: [{ timestamp, value }],
    });
    const body = new Uint8Array(requestV1([fresh({ job: "a", instance: "i:1" }, 7), fresh({ zone: "ä" }, 2.5)]));
    await fetch(`${clew.prometheus}/api/v1/write`, { method: "POST", body });
    const federating = await runPrometheus(config);
    running.push(federating);
    const found = await eventually(
      () => federating.query("fresh_total", Date.now()),
      (rows) => rows.length === 2,
    );
    expect(found.map(({ metric }) => metric)).toEqual(
      expect.arrayContaining([
        { __name__: "fresh_total", job: "a", instance: "i:1" },
        { __name__: "fresh_total", job: "federate", zone: "ä" },
      ]),
    );
    const [time] = await federating.query("timestamp(fresh_total{job='a'})", Date.now());
    expect(time?.value?.[1]).toBe(String(timestamp / 1_000));
  }, 60_000);
});
