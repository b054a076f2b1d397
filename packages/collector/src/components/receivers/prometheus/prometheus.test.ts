import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import {
  decode,
  payloadBytes,
  PROTOCOLS,
  type MetricObject,
  type MetricsObject,
  type NumberDataPointObject,
  type Payload,
} from "@clew/otlp";
import { afterEach, expect, test } from "vitest";
import { problemsIn, readWhole } from "../../../schema/read.test-kit.ts";
import { ManualClock, until } from "../../../collector.test-kit.ts";
import { componentSettings, type ComponentKit } from "../../../component.test-kit.ts";
import { proxyServer } from "../../../http-client/proxy-server.test-kit.ts";
import { schema } from "./config.ts";
import { PrometheusReceiver } from "./prometheus.ts";
import { ScrapedTargets } from "./scraped-targets.ts";

const START_MS = 1_700_000_000_000;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const TIMEOUT_MS = 10_000;

/** Knows whether a scrape waits for its target: each has a timeout. */
class ScrapeClock extends ManualClock {
  scraping = 0;

  override after(delayMs: number, task: () => void): () => void {
    const cancel = super.after(delayMs, task);
    if (delayMs !== TIMEOUT_MS) return cancel;
    this.scraping++;
    return () => {
      this.scraping--;
      cancel();
    };
  }
}

class Fixture {
  readonly clock = new ScrapeClock();
  readonly payloads: Payload[] = [];
  readonly kit: ComponentKit = componentSettings("receiver", "prometheus", this.clock);
  readonly targets = new ScrapedTargets();
  receiver!: PrometheusReceiver;

  async start(config: object): Promise<void> {
    this.clock.advance(START_MS);
    const next = { metrics: { consume: (payload: Payload) => Promise.resolve(void this.payloads.push(payload)) } };
    this.receiver = new PrometheusReceiver(this.kit.settings, read(config), next, this.targets);
    await this.receiver.start();
    cleanups.push(() => this.receiver.shutdown());
  }

  /** The metrics of the next scrape, by name. */
  async scrape(): Promise<Record<string, MetricObject>> {
    const before = this.payloads.length;
    while (this.clock.scraping === 0) this.clock.advance(500);
    await until(() => this.payloads.length > before);
    return metricsOf(this.payloads.at(-1)!);
  }
}

const read = (config: object): ReturnType<typeof schema.read> => readWhole(schema, config);

const problemsOf = (config: object): string[] => problemsIn(schema, config);

function decoded(payload: Payload): MetricsObject {
  return decode(PROTOCOLS.metrics.request, payloadBytes(payload)) as unknown as MetricsObject;
}

function metricsOf(payload: Payload): Record<string, MetricObject> {
  const metrics = decoded(payload).resourceMetrics.flatMap((one) => one.scopeMetrics.flatMap((scope) => scope.metrics));
  return Object.fromEntries(metrics.map((metric) => [metric.name, metric]));
}

/** A target that shows `page`, which may change. */
async function serve(listener: RequestListener): Promise<{ server: Server; address: string }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function target(page: { text: string; type?: string }): Promise<string> {
  const { address } = await serve((_request, response) => {
    response.writeHead(200, { "content-type": page.type ?? "text/plain; version=0.0.4" }).end(page.text);
  });
  return address;
}

const job = (address: string, more: object = {}): object => ({
  config: { scrape_configs: [{ job_name: "shop", static_configs: [{ targets: [address] }], ...more }] },
});

function points(metric: MetricObject | undefined): readonly NumberDataPointObject[] {
  return (metric?.sum ?? metric?.gauge)?.dataPoints ?? [];
}

/** Attributes and value of each point. */
function values(metric: MetricObject | undefined): unknown[] {
  return points(metric).map(({ attributes, asDouble }) => [
    Object.fromEntries(attributes.map(({ key, value }) => [key, value?.stringValue])),
    asDouble,
  ]);
}

test("hands on a scrape with its resource, types, units and the scrape's own metrics", async () => {
  const address = await target({
    type: "application/openmetrics-text; version=1.0.0; charset=utf-8",
    text: `# TYPE target info
target_info{service_version="1.2"} 1
# TYPE orders counter
# HELP orders Orders taken.
orders_total{kind="new"} 3 # {trace_id="0102030405060708090a0b0c0d0e0f10",who="me"} 1
orders_created{kind="new"} 1600000000
# TYPE wait_seconds histogram
# UNIT wait_seconds seconds
wait_seconds_bucket{le="0.5"} 2
wait_seconds_bucket{le="1"} 5
wait_seconds_bucket{le="+Inf"} 6
wait_seconds_sum 4.5
wait_seconds_count 6
# TYPE size summary
size{quantile="0.5"} 7
size_sum 21
size_count 3
mystery{a="",b="c"} 1.5
# EOF
`,
  });
  const fixture = new Fixture();
  await fixture.start(job(address));
  const metrics = await fixture.scrape();

  const [scraped] = fixture.payloads.flatMap((payload) => decoded(payload).resourceMetrics);
  const attributes = Object.fromEntries(
    scraped?.resource?.attributes.map(({ key, value }) => [key, value?.stringValue]) ?? [],
  );
  expect(attributes).toEqual({
    "service.name": "shop",
    "service.instance.id": address,
    "server.port": address.split(":")[1],
    "url.scheme": "http",
    service_version: "1.2",
  });
  expect(scraped?.scopeMetrics).toHaveLength(1);

  expect(metrics["orders_total"]).toMatchObject({
    description: "Orders taken.",
    metadata: [{ key: "prometheus.type", value: { stringValue: "counter" } }],
    sum: { aggregationTemporality: 2, isMonotonic: true },
  });
  const [point] = points(metrics["orders_total"]);
  expect(point).toMatchObject({ asDouble: 3, startTimeUnixNano: 1_600_000_000_000_000_000n });
  expect(point?.exemplars[0]).toMatchObject({ asDouble: 1, filteredAttributes: [{ key: "who" }] });
  expect(Buffer.from(point?.exemplars[0]?.traceId ?? []).toString("hex")).toBe("0102030405060708090a0b0c0d0e0f10");
  expect(metrics["wait_seconds"]).toMatchObject({ unit: "s" });
  expect(metrics["wait_seconds"]?.histogram?.dataPoints[0]).toMatchObject({
    count: 6n,
    sum: 4.5,
    bucketCounts: [2n, 3n, 1n],
    explicitBounds: [0.5, 1],
  });
  expect(metrics["size"]?.summary?.dataPoints[0]).toMatchObject({
    count: 3n,
    sum: 21,
    quantileValues: [{ quantile: 0.5, value: 7 }],
  });
  expect(values(metrics["mystery"])).toEqual([[{ b: "c" }, 1.5]]);
  expect(values(metrics["up"])).toEqual([[{}, 1]]);
  expect(values(metrics["scrape_samples_scraped"])).toEqual([[{}, 12]]);
  expect(metrics["orders_created"]).toBeUndefined();
  expect(metrics["target_info"]).toBeUndefined();
});

test("marks series that disappear, all of them when a scrape fails, and each only once", async () => {
  const page = { text: "a 1\nb 2\n" };
  const fixture = new Fixture();
  let status = 200;
  const { address } = await serve((_request, response) => void response.writeHead(status).end(page.text));
  await fixture.start(job(address));
  await fixture.scrape();
  page.text = "a 1\n";
  const second = await fixture.scrape();
  expect(points(second["b"])[0]).toMatchObject({ flags: 1 });
  expect(points(second["b"])[0]?.asDouble).toBeUndefined();
  expect(points(second["a"])[0]).toMatchObject({ flags: 0, asDouble: 1 });
  status = 503;
  const third = await fixture.scrape();
  expect(points(third["a"])[0]?.flags).toBe(1);
  expect(third["b"]).toBeUndefined();
  expect(values(third["up"])).toEqual([[{}, 0]]);
  expect(fixture.kit.lines.join("\n")).toContain("server returned HTTP status 503 Service Unavailable");
  expect((await fixture.scrape())["a"]).toBeUndefined();
});

test("marks the end of a target that discovery no longer names", async () => {
  const directory = mkdtempSync(join(tmpdir(), "clew-sd-"));
  cleanups.push(() => rmSync(directory, { recursive: true }));
  const address = await target({ text: "a 1\n" });
  const file = join(directory, "targets.json");
  writeFileSync(file, JSON.stringify([{ targets: [address], labels: { zone: "z" } }]));
  const fixture = new Fixture();
  const fileSd = { file_sd_configs: [{ files: [join(directory, "*.json")], refresh_interval: "10s" }] };
  await fixture.start({ config: { scrape_configs: [{ job_name: "files", ...fileSd }] } });
  await until(() => fixture.clock.pending > 1);
  expect(values((await fixture.scrape())["a"])).toEqual([[{ zone: "z" }, 1]]);
  writeFileSync(file, "[]");
  const before = fixture.payloads.length;
  const isMarked = (payload: Payload): boolean => points(metricsOf(payload)["up"])[0]?.flags === 1;
  await until(() => {
    if (fixture.clock.scraping === 0) fixture.clock.advance(500);
    return fixture.payloads.slice(before).some(isMarked);
  });
  const last = metricsOf(fixture.payloads.find(isMarked)!);
  expect(points(last["a"])[0]?.flags).toBe(1);
});

test("relabels targets and samples", async () => {
  const address = await target({ text: 'a{job="own",x="1"} 1\nb 2\nlonger_name{code="200",tmp_z="y"} 3\n' });
  const fixture = new Fixture();
  await fixture.start(
    job("placeholder:1", {
      params: { module: ["m"] },
      relabel_configs: [
        { source_labels: ["__address__"], regex: "placeholder:(\\d)", target_label: "shard", replacement: "s$1" },
        { target_label: "__address__", replacement: address },
        { target_label: "instance", replacement: "one" },
      ],
      metric_relabel_configs: [
        { source_labels: ["__name__"], regex: "b", action: "drop" },
        { regex: "tmp_(.+)", replacement: "kept_$1", action: "labelmap" },
        { regex: "tmp_.*", action: "labeldrop" },
        { source_labels: ["code"], target_label: "hash", modulus: 8, action: "HashMod" },
        {
          source_labels: ["__name__"],
          regex: "(longer)_(?P<rest>.*)",
          target_label: "__name__",
          replacement: "${rest}_$1",
        },
      ],
    }),
  );
  const metrics = await fixture.scrape();
  expect(values(metrics["a"])).toEqual([[{ exported_job: "own", hash: "6", shard: "s1", x: "1" }, 1]]);
  expect(metrics["b"]).toBeUndefined();
  expect(values(metrics["name_longer"])[0]).toEqual([
    { code: "200", hash: expect.stringMatching(/^[0-7]$/) as string, kept_z: "y", shard: "s1" },
    3,
  ]);
  expect(values(metrics["scrape_samples_post_metric_relabeling"])).toEqual([[{ shard: "s1" }, 2]]);
});

test("asks as it is configured to: path, parameters, formats, gzip, credentials", async () => {
  const asked: { url: string; headers: Record<string, unknown> }[] = [];
  const { address } = await serve((request, response) => {
    asked.push({ url: request.url ?? "", headers: request.headers });
    if (request.url === "/old?x=1") response.writeHead(302, { location: "/new" }).end();
    else response.writeHead(200, { "content-type": "text/plain", "content-encoding": "gzip" }).end(gzipSync("a 1\n"));
  });
  const fixture = new Fixture();
  const more = { metrics_path: "/old", params: { x: ["1"] }, basic_auth: { username: "u", password: "p" } };
  await fixture.start(job(address, { ...more, scrape_protocols: ["OpenMetricsText1.0.0", "PrometheusText0.0.4"] }));
  expect(values((await fixture.scrape())["a"])).toEqual([[{}, 1]]);
  expect(asked.map(({ url }) => url)).toEqual(["/old?x=1", "/new"]);
  expect(asked[1]?.headers).toMatchObject({
    accept:
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
    "accept-encoding": "gzip",
    authorization: `Basic ${Buffer.from("u:p").toString("base64")}`,
    "x-prometheus-scrape-timeout-seconds": "10",
  });
});

test.each([
  [{ sample_limit: 1 }, "sample limit exceeded"],
  [{ body_size_limit: "5B" }, "body size limit exceeded"],
  [{ label_limit: 3 }, "label_limit exceeded (metric: b, number of labels: 4, limit: 3)"],
])("a page beyond %j fails the scrape", async (limits, what) => {
  const address = await target({ text: 'a 1\nb{c="d"} 2\n' });
  const fixture = new Fixture();
  await fixture.start(job(address, limits));
  const metrics = await fixture.scrape();
  expect(Object.keys(metrics).sort()).toEqual([
    "scrape_duration_seconds",
    "scrape_samples_post_metric_relabeling",
    "scrape_samples_scraped",
    "scrape_series_added",
    "up",
  ]);
  expect(values(metrics["up"])).toEqual([[{}, 0]]);
  expect(fixture.kit.lines.join("\n")).toContain(what);
});

test("targets are scraped through a proxy, but for those that are excepted", async () => {
  const proxy = await proxyServer();
  cleanups.push(() => proxy.close());
  const [one, other] = [await target({ text: "a 1\n" }), await target({ text: "b 2\n" })];
  const jobOf = (job_name: string, address: string, more: object): object => ({
    job_name,
    static_configs: [{ targets: [address] }],
    proxy_url: proxy.url,
    ...more,
  });
  const fixture = new Fixture();
  const scrape_configs = [jobOf("one", one, {}), jobOf("other", other, { no_proxy: "127.0.0.0/8" })];
  await fixture.start({ config: { scrape_configs } });
  const found = { ...(await fixture.scrape()), ...(await fixture.scrape()) };
  expect(Object.keys(found)).toEqual(expect.arrayContaining(["a", "b"]));
  expect(proxy.asked).toContain(`GET http://${one}/metrics`);
  expect(proxy.asked.filter((asked) => asked.includes(other))).toEqual([]);
});

test("a target that does not answer within the timeout is down", async () => {
  const { address } = await serve(() => {});
  const fixture = new Fixture();
  await fixture.start(job(address));
  const scraped = fixture.scrape();
  fixture.clock.advance(TIMEOUT_MS);
  const metrics = await scraped;
  expect(values(metrics["up"])).toEqual([[{}, 0]]);
  expect(fixture.kit.lines.join("\n")).toContain("context deadline exceeded");
});

test.each([
  [{}, "no Prometheus scrape_configs or target_allocator set"],
  [{ config: { scrape_configs: [{ job_name: "" }] } }, "job_name is empty"],
  [
    { config: { scrape_configs: [{ job_name: "a" }, { job_name: "a" }] } },
    'found multiple scrape configs with job name "a"',
  ],
  [
    { config: { scrape_configs: [{ job_name: "a", scrape_interval: "5s", scrape_timeout: "6s" }] } },
    'scrape timeout greater than scrape interval for scrape config with job name "a"',
  ],
  [
    { config: { scrape_configs: [{ job_name: "a", static_configs: [{ targets: ["http://x/"] }] }] } },
    '"http://x/" is not a valid hostname',
  ],
  [{ config: { scrape_configs: [{ job_name: "a" }], remote_write: [{}] } }, "unsupported features:\n\tremote_write"],
  [
    { config: { scrape_configs: [{ job_name: "a", azure_sd_configs: [{}] }] } },
    "this service discovery is not supported",
  ],
  [
    {
      config: {
        scrape_configs: [{ job_name: "a", metric_relabel_configs: [{ action: "hashmod", target_label: "x" }] }],
      },
    },
    "relabel configuration for hashmod requires non-zero modulus",
  ],
])("%j is refused", (config, what) => {
  expect(problemsOf(config)).toContain(what);
});

const PROMETHEUS = "prometheus";
const hasPrometheus = spawnSync(PROMETHEUS, ["--version"]).status === 0;

test.skipIf(!hasPrometheus)("takes every sample of a real Prometheus (Debian's, where it is installed)", async () => {
  const directory = mkdtempSync(join(tmpdir(), "clew-prometheus-"));
  writeFileSync(join(directory, "prometheus.yml"), "global: {}\n");
  const child = spawn(PROMETHEUS, [
    `--config.file=${join(directory, "prometheus.yml")}`,
    `--storage.tsdb.path=${directory}/data`,
    "--web.listen-address=127.0.0.1:0",
  ]);
  const exited = new Promise((resolve) => child.on("exit", resolve));
  cleanups.push(async () => {
    child.kill();
    await exited;
    rmSync(directory, { recursive: true });
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const listening = /Listening on" address=(127\.0\.0\.1:[1-9]\d*)/;
  await until(() => listening.test(log) && log.includes("Server is ready"));
  const address = listening.exec(log)?.[1] ?? "";
  const fixture = new Fixture();
  await fixture.start(job(address));
  await (await fetch(`http://${address}/metrics`)).text();
  const page = await (await fetch(`http://${address}/metrics`)).text();
  const metrics = await fixture.scrape();
  expect(values(metrics["up"])).toEqual([[{}, 1]]);
  const families = [...page.matchAll(/^# TYPE (\S+) /gm)].map(([, name = ""]) => name);
  expect(families.filter((name) => !name.startsWith("promhttp") && metrics[name] === undefined)).toEqual([]);
  expect(metrics["prometheus_http_request_duration_seconds"]?.histogram).toBeDefined();
});

test("what is scraped is shown with how that goes, until the receiver stops", async () => {
  const page = { text: "# HELP mine What it is.\n# TYPE mine gauge\nmine 1\n" };
  const address = await target(page);
  const relabel = [
    { source_labels: ["__address__"], regex: "dropped:.*", action: "drop" },
    { target_label: "zone", replacement: "eu" },
  ];
  const targets = [address, "dropped:1"];
  const scrape = { job_name: "shop", static_configs: [{ targets }], relabel_configs: relabel };
  const fixture = new Fixture();
  await fixture.start({ config: { scrape_configs: [scrape] } });
  const shown = () => fixture.targets.pools()[0]!;
  expect(shown().active).toMatchObject([{ isUp: undefined, lastScrapeMs: undefined, lastError: "" }]);
  await fixture.scrape();
  expect(shown().active).toMatchObject([
    {
      url: `http://${address}/metrics`,
      labels: new Map([
        ["job", "shop"],
        ["zone", "eu"],
        ["instance", address],
      ]),
      intervalMs: 60_000,
      timeoutMs: 10_000,
      isUp: true,
      lastError: "",
      metadata: [{ metric: "mine", type: "gauge", help: "What it is.", unit: "" }],
    },
  ]);
  expect(shown().dropped.map((labels) => labels.get("__address__"))).toEqual(["dropped:1"]);
  expect(shown().config).toMatchObject({ job_name: "shop", metrics_path: "/metrics" });
  expect(shown().relabelSteps(new Map([["__address__", "dropped:2"]]))).toEqual([
    {
      rule: { source_labels: ["__address__"], separator: ";", regex: "dropped:.*", replacement: "$1", action: "drop" },
      output: new Map(),
      keep: false,
    },
    { rule: expect.objectContaining({ target_label: "zone" }) as object, output: new Map(), keep: false },
  ]);
  page.text = "no { page";
  await fixture.scrape();
  expect(shown().active).toMatchObject([{ isUp: false, lastError: expect.stringContaining("line 1") as string }]);
  await fixture.receiver.shutdown();
  expect(fixture.targets.pools()).toEqual([]);
});
