/** Debian's Prometheus scrapes, and remote-writes what it has to a real `clew up`: both answer alike. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runPrometheus, type RunningPrometheus } from "../packages/collector/src/prometheus.test-kit.ts";
import { eventually, getJson, startClew, temporaryDirectory, type RunningClew } from "./running-clew.test-kit.ts";
import { optionalTool } from "./tools.test-kit.ts";

/**
 * So many, one a second, that all windows begin behind the first: near a counter's zero, Prometheus 2 and 3 extrapolate
 * otherwise. A minute: `CLEW_REMOTE_WRITE_SECONDS=60 npx vitest run e2e/remote-write`.
 */
const SAMPLES = Number(process.env["CLEW_REMOTE_WRITE_SECONDS"] ?? 12);

/** Windows whose edges lie between samples: whether an edge belongs to a window is not the same in Prometheus 2 and 3. */
const QUERIES = [
  "up",
  "count by (__name__, job, instance) ({job='target'})",
  "prometheus_http_requests_total",
  "sum by (handler) (rate(prometheus_http_requests_total[5500ms]))",
  "histogram_quantile(0.9, sum by (le) (rate(prometheus_http_request_duration_seconds_bucket[5500ms])))",
  "prometheus_http_request_duration_seconds_bucket{le='0.1'}",
  "go_gc_duration_seconds{quantile='0.5'}",
  "avg_over_time(go_goroutines[5500ms])",
  "topk(3, go_memstats_alloc_bytes_total)",
  "scrape_samples_scraped - scrape_samples_post_metric_relabeling",
  "prometheus_build_info",
  "target_info",
  "absent(nothing_of_this_name)",
];

type Row = readonly [series: string, value: string];
type Vector = readonly {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}[];

describe.skipIf(optionalTool("prometheus") === undefined)("remote write (needs Debian's prometheus)", () => {
  const directory = temporaryDirectory();
  const running: { stop(): Promise<unknown> }[] = [];
  let clew: RunningClew;
  let prometheus: RunningPrometheus;

  beforeAll(async () => {
    clew = await startClew(directory.path);
    running.push(clew);
    const target = await runPrometheus();
    running.push(target);
    prometheus = await runPrometheus(configFor(clew.prometheus, new URL(target.url).host));
    running.push(prometheus);
  }, 120_000);

  afterAll(async () => {
    for (const one of running.toReversed()) await one.stop();
    directory.remove();
  });

  const answers = async (url: string, query: string, timeMs: number): Promise<Row[]> => {
    const parameters = new URLSearchParams({ query, time: String(timeMs / 1_000) });
    const { data } = await getJson<{ data: { result: Vector } }>(`${url}/api/v1/query?${parameters.toString()}`);
    return data.result
      .map(({ metric, value }): Row => [seriesKey(metric), value[1]])
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
  };

  test(
    "both answer the same queries alike",
    async () => {
      const many = (rows: readonly Row[]): boolean => Number(rows[0]?.[1]) >= SAMPLES;
      await new Promise((resolve) => setTimeout(resolve, SAMPLES * 1_000));
      await eventually(() => answers(prometheus.url, `count_over_time(up[${SAMPLES * 2}s])`, Date.now()), many);
      const timeMs = Date.now() - 2_250;
      for (const query of QUERIES) {
        const expected = await answers(prometheus.url, query, timeMs);
        await eventually(
          () => answers(clew.prometheus, query, timeMs),
          (found) => isAlike(found, expected),
        );
      }
      const all = "count({__name__=~'.+'})";
      const expected = await answers(prometheus.url, all, timeMs);
      expect(await answers(clew.prometheus, `count({__name__=~'.+', job='target'})`, timeMs)).toEqual(expected);
    },
    SAMPLES * 1_000 + 60_000,
  );

  test("families are told with type and help", async () => {
    const of = (): Promise<{ data: unknown }> =>
      getJson(`${clew.prometheus}/api/v1/metadata?metric=prometheus_http_requests_total`);
    const { data } = await eventually(of, (answer) => JSON.stringify(answer.data) !== "{}");
    expect(data).toEqual({
      prometheus_http_requests_total: [{ type: "counter", help: "Counter of HTTP requests.", unit: "" }],
    });
  }, 60_000);
});

function configFor(clewUrl: string, targetHost: string): string {
  return `
global: { scrape_interval: 1s }
scrape_configs:
  - job_name: target
    static_configs: [{ targets: ["${targetHost}"] }]
remote_write:
  - url: ${clewUrl}/api/v1/write
    send_exemplars: true
    send_native_histograms: true
    queue_config: { batch_send_deadline: 200ms }
    metadata_config: { send_interval: 1s }
`;
}

function seriesKey(metric: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(metric).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Sums may be rounded otherwise. */
function isAlike(found: readonly Row[], expected: readonly Row[]): boolean {
  const isClose = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b));
  return (
    found.length === expected.length &&
    found.every(([series, value], i) => {
      const [wanted, number] = expected[i]!;
      return series === wanted && (value === number || isClose(Number(value), Number(number)));
    })
  );
}
