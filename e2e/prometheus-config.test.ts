/** `clew up` with Prometheus's configuration beside a collector's that scrapes: names, external labels, and targets. */
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { encode, PROTOCOLS } from "@clew/otlp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, getJson, startClew, temporaryDirectory, type RunningClew } from "./running-clew.test-kit.ts";

const PROMETHEUS_CONFIG = `
global:
  scrape_interval: 5s
  external_labels: { cluster: eu }
scrape_configs: [{ job_name: x, basic_auth: { password: hush } }]
otlp:
  translation_strategy: NoTranslation
  promote_resource_attributes: [deployment.environment]
`;

const directory = temporaryDirectory();
let target: Server;
let clew: RunningClew;

beforeAll(async () => {
  target = createServer((_request, response) =>
    response.end("# HELP temperature Warm.\n# TYPE temperature gauge\ntemperature 21\n"),
  );
  await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
  const collectorConfig = `
receivers:
  otlp: { protocols: { http: { endpoint: "127.0.0.1:0" } } }
  prometheus:
    config:
      scrape_configs:
        - job_name: room
          scrape_interval: 1s
          static_configs: [{ targets: ["127.0.0.1:${(target.address() as AddressInfo).port}"] }]
exporters: { clew: }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { metrics: { receivers: [otlp, prometheus], exporters: [clew] } }
`;
  const files = {
    collector: join(directory.path, "collector.yaml"),
    prometheus: join(directory.path, "prometheus.yml"),
  };
  writeFileSync(files.collector, collectorConfig);
  writeFileSync(files.prometheus, PROMETHEUS_CONFIG);
  const flags = ["--config", files.collector, "--prometheus-config", files.prometheus, "--retention", "metrics=90d"];
  clew = await startClew(join(directory.path, "data"), flags);
}, 60_000);

afterAll(async () => {
  await clew.stop();
  target.close();
  target.closeAllConnections();
  directory.remove();
});

// oxlint-disable-next-line typescript/no-explicit-any -- the tests read into it by field names
async function data(path: string): Promise<any> {
  return (await getJson<{ data: unknown }>(`${clew.prometheus}/api/v1/${path}`)).data;
}

test("what the collector scrapes is among Prometheus's targets", async () => {
  const { activeTargets, droppedTargetCounts } = await eventually(
    () => data("targets"),
    ({ activeTargets: [first] }) => first?.health === "up",
  );
  expect(activeTargets).toMatchObject([
    {
      scrapePool: "room",
      labels: { job: "room" },
      discoveredLabels: { __metrics_path__: "/metrics" },
      lastError: "",
      scrapeInterval: "1s",
    },
  ]);
  expect(droppedTargetCounts).toEqual({ room: 0 });
  expect(await data("targets/metadata?metric=temperature")).toMatchObject([{ type: "gauge", help: "Warm." }]);
  expect((await data("scrape_pools/config?scrapePool=room")).yaml).toContain("job_name: room");
});

test("OTLP is named as Prometheus's configuration says, by whatever port it comes", async () => {
  const attribute = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
  const resource = { attributes: [attribute("service.name", "shop"), attribute("deployment.environment", "prod")] };
  const post = async (url: string, name: string): Promise<number> => {
    const gauge = { dataPoints: [{ asDouble: 1, timeUnixNano: BigInt(Date.now()) * 1_000_000n }] };
    const request = { resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [{ name, unit: "s", gauge }] }] }] };
    const body = new Uint8Array(encode(PROTOCOLS.metrics.request, request));
    return (await fetch(url, { method: "POST", body, headers: { "content-type": "application/x-protobuf" } })).status;
  };
  expect(await post(`${clew.prometheus}/api/v1/otlp/v1/metrics`, "by.prometheus")).toBe(200);
  expect(await post(`${clew.otlpHttp}/v1/metrics`, "by.otlp")).toBe(200);
  for (const name of ["by.prometheus", "by.otlp"]) {
    const { result } = await eventually(
      () => data(`query?query=${encodeURIComponent(`{"${name}"}`)}`),
      (found) => found.result.length === 1,
    );
    expect(result[0].metric).toEqual({ __name__: name, job: "shop", "deployment.environment": "prod" });
  }
});

test("external labels are given to what is federated", async () => {
  const page = await eventually(
    async () => (await fetch(`${clew.prometheus}/federate?match[]=temperature`)).text(),
    (text) => text.includes("temperature{"),
  );
  expect(page).toMatch(
    /^# TYPE temperature untyped\ntemperature\{instance="[^"]+",job="room",cluster="eu"\} 21 \d+\n$/,
  );
});

test("what counts of the configuration is shown, without secrets; the rest is named", async () => {
  const { yaml } = await data("status/config");
  expect(yaml).toContain("cluster: eu");
  expect(yaml).toContain("translation_strategy: NoTranslation");
  expect(yaml).not.toContain("hush");
  expect(clew.output()).toMatch(/what it scrapes has no effect here: \S+collector.yaml says what comes in/);
  expect(await data("status/flags")).toMatchObject({
    "config.file": join(directory.path, "prometheus.yml"),
    "storage.tsdb.retention.time": "90d",
  });
  expect((await data("status/runtimeinfo")).storageRetention).toBe("90d");
});

test("without a collector's configuration, Prometheus's says what is scraped, and which rules there are, also when they change; names are kept as they are", async () => {
  const page =
    '# TYPE jobs counter\njobs 3\n# TYPE took histogram\ntook_bucket{le="+Inf"} 1\ntook_sum 1\ntook_count 1\n';
  const server = createServer((_request, response) => response.end(page));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const file = join(directory.path, "scrapes.yml");
  writeFileSync(
    file,
    `
global: { scrape_interval: 1s, evaluation_interval: 1s, external_labels: { cluster: eu } }
rule_files: [rules-*.yml]
scrape_configs:
  - job_name: own
    relabel_configs: [{ source_labels: [__address__], regex: "(.*):.*", target_label: host, replacement: "$1" }]
    static_configs: [{ targets: ["${address}"], labels: { zone: a } }]
`,
  );
  const writeRule = (record: string, factor: number): void =>
    writeFileSync(
      join(directory.path, "rules-1.yml"),
      JSON.stringify({ groups: [{ name: "g", rules: [{ record, expr: `jobs * ${factor}` }] }] }),
    );
  writeRule("doubled", 2);
  const other = await startClew(join(directory.path, "scraping"), ["--prometheus-config", file]);
  const target = { job: "own", instance: address, host: "127.0.0.1", zone: "a" };
  try {
    const all = encodeURIComponent('{__name__=~"up|jobs.*|took.*|target_info"}');
    const found = await eventually(
      () => getJson<{ data: { result: { metric: object }[] } }>(`${other.prometheus}/api/v1/query?query=${all}`),
      ({ data: { result } }) => result.length > 0,
    );
    const metrics = found.data.result.map(({ metric }) => metric);
    expect(metrics).toHaveLength(5);
    const recorded = (name: string): Promise<{ data: { result: unknown[] } }> =>
      eventually(
        () => getJson<{ data: { result: unknown[] } }>(`${other.prometheus}/api/v1/query?query=${name}`),
        ({ data: { result } }) => result.length > 0,
      );
    const valueOf = (name: string, value: string): object[] => [
      { metric: { __name__: name, ...target }, value: [expect.any(Number), value] },
    ];
    expect((await recorded("doubled")).data.result).toMatchObject(valueOf("doubled", "6"));
    writeRule("tripled", 3);
    other.process.kill("SIGHUP");
    expect((await recorded("tripled")).data.result).toMatchObject(valueOf("tripled", "9"));
  } finally {
    await other.stop();
    server.close();
    server.closeAllConnections();
  }
});

test("a configuration with a fault is refused with its place", async () => {
  const file = join(directory.path, "wrong.yml");
  writeFileSync(file, "otlp: { translation_strategy: Nonsense }\n");
  await expect(startClew(join(directory.path, "other"), ["--prometheus-config", file])).rejects.toThrow(
    /PROMETHEUS_CONFIG_INVALID\] otlp::translation_strategy: unsupported OTLP translation strategy "Nonsense"/,
  );
});
