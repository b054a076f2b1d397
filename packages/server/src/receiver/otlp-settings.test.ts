/** What Prometheus's OTLP settings make of the same request, over the API, on a real store. */
import { gzipSync } from "node:zlib";
import { systemClock } from "@clew/base";
import { encode, PROTOCOLS } from "@clew/otlp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStore, type RunningStore } from "../../../store/src/running-store.test-kit.ts";
import { uiApp } from "../http-server.ts";
import { querierOf } from "../metrics/querier-of.ts";
import { readPrometheusConfig } from "../prometheus-config/read-prometheus-config.ts";
import type { Json } from "../running-server.test-kit.ts";

const NOW_MS = Date.now() - 10_000;
const CUMULATIVE = 2;
const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
const timeUnixNano = BigInt(NOW_MS) * 1_000_000n;
const attributes = [text("http.method", "GET"), text("http_method", "x"), text("_own", "1"), text("a__b", "2")];

const REQUEST = {
  resourceMetrics: [
    {
      resource: {
        attributes: [
          text("service.name", "shop"),
          text("service.namespace", "prod"),
          text("service.instance.id", "i-1"),
          text("host.name", "h"),
          text("a__b", "of the resource"),
        ],
      },
      scopeMetrics: [
        {
          scope: { name: "lib", version: "1.2", attributes: [text("kind.of", "k")] },
          schemaUrl: "https://schema",
          metrics: [
            {
              name: "http.requests",
              unit: "By",
              sum: {
                aggregationTemporality: CUMULATIVE,
                isMonotonic: true,
                dataPoints: [{ asDouble: 7, timeUnixNano, attributes }],
              },
            },
            {
              name: "took",
              unit: "s",
              histogram: {
                aggregationTemporality: CUMULATIVE,
                dataPoints: [{ count: 3n, sum: 4, bucketCounts: [1n, 2n, 0n], explicitBounds: [0.5, 1], timeUnixNano }],
              },
            },
          ],
        },
      ],
    },
  ],
};
const BYTES = encode(PROTOCOLS.metrics.request, REQUEST);
const IDENTITY = { job: "prod/shop", instance: "i-1" };

interface Running {
  readonly running: RunningStore;
  readonly app: ReturnType<typeof uiApp>;
}

async function start(otlp: string): Promise<Running> {
  const prometheusConfig = readPrometheusConfig("prometheus.yml", `otlp: ${otlp}`, {});
  const running = await openStore({ otlp: prometheusConfig.otlp });
  const access = { token: undefined, loopback: true };
  const status = (): never => ({}) as never;
  const uiDirectory = "no-such-directory";
  const querier = querierOf(running.store, { clock: systemClock, otlp: prometheusConfig.otlp, cacheBytes: 2 ** 26 });
  const app = uiApp({
    store: running.store,
    querier,
    clock: systemClock,
    uiDirectory,
    status,
    access,
    live: { prometheus: prometheusConfig, lastReload: undefined, reload: async () => {} },
  });
  return { running, app };
}

async function post({ app }: Running, body: Uint8Array | string, headers: Record<string, string>): Promise<Response> {
  return app.request("/api/v1/otlp/v1/metrics", { method: "POST", body, headers });
}

const PROTOBUF = { "content-type": "application/x-protobuf" };

describe.each([
  ["{}", { __name__: "http_requests_bytes_total", http_method: "GET;x", key_own: "1", a__b: "2" }],
  [
    "{ translation_strategy: UnderscoreEscapingWithoutSuffixes, label_name_preserve_multiple_underscores: false, label_name_underscore_sanitization: false }",
    { __name__: "http_requests", http_method: "GET;x", _own: "1", a_b: "2" },
  ],
  [
    "{ translation_strategy: NoUTF8EscapingWithSuffixes, promote_resource_attributes: [host.name, a__b, none] }",
    {
      __name__: "http.requests_bytes_total",
      "http.method": "GET",
      http_method: "x",
      _own: "1",
      a__b: "2",
      "host.name": "h",
    },
  ],
  [
    "{ translation_strategy: NoTranslation, promote_all_resource_attributes: true, ignore_resource_attributes: [host.name] }",
    {
      __name__: "http.requests",
      "http.method": "GET",
      http_method: "x",
      _own: "1",
      a__b: "2",
      "service.name": "shop",
      "service.namespace": "prod",
      "service.instance.id": "i-1",
    },
  ],
  [
    "{ promote_scope_metadata: true, keep_identifying_resource_attributes: true, convert_histograms_to_nhcb: true }",
    {
      __name__: "http_requests_bytes_total",
      http_method: "GET;x",
      key_own: "1",
      a__b: "2",
      otel_scope_name: "lib",
      otel_scope_version: "1.2",
      otel_scope_schema_url: "https://schema",
      otel_scope_kind_of: "k",
    },
  ],
])("otlp: %s", (otlp, labels) => {
  let program: Running;

  beforeAll(async () => {
    program = await start(otlp);
    const response = await post(program, BYTES, PROTOBUF);
    if (response.status !== 200) throw new Error(await response.text());
    await program.running.store.flush();
  });
  afterAll(async () => {
    await program.running.stop();
  });

  const query = async (promql: string): Promise<Json[]> => {
    const response = await program.app.request(`/api/v1/query?query=${encodeURIComponent(promql)}`);
    return ((await response.json()) as Json).data.result;
  };

  test("names and labels of a series", async () => {
    const found = await query(`{__name__=${JSON.stringify(labels["__name__"])}}`);
    expect(found.map(({ metric, value }) => [metric, value[1]])).toEqual([[{ ...labels, ...IDENTITY }, "7"]]);
  });

  test("target_info has what does not identify the target, and the rest where it is to be kept", async () => {
    const [{ metric }] = (await query("target_info")) as [Json];
    const isPlain = labels["__name__"].startsWith("http_");
    const separated = (key: string): string => (isPlain ? key.replaceAll(".", "_") : key);
    const merged = otlp.includes("multiple_underscores: false") ? "a_b" : "a__b";
    const kept = { "service.name": "shop", "service.namespace": "prod", "service.instance.id": "i-1" };
    const more = otlp.includes("keep_identifying") ? Object.entries(kept) : [];
    expect(metric).toEqual({
      __name__: "target_info",
      [separated("host.name")]: "h",
      [merged]: "of the resource",
      ...IDENTITY,
      ...Object.fromEntries(more.map(([key, value]) => [separated(key), value])),
    });
  });

  test("a histogram is classic series, or one sample", async () => {
    const suffix = labels["__name__"].endsWith("_total") ? "_seconds" : "";
    const isNative = otlp.includes("nhcb: true");
    const native = await query(`took${suffix}`);
    const classic = await query(`took${suffix}_bucket`);
    expect([native.length, classic.length]).toEqual(isNative ? [1, 0] : [0, 3]);
    const quantile = isNative ? `took${suffix}` : `sum by (le) (took${suffix}_bucket)`;
    const [{ value }] = (await query(`histogram_quantile(0.5, ${quantile})`)) as [Json];
    expect(Number(value[1])).toBeCloseTo(0.625);
  });
});

describe("what is sent", () => {
  let program: Running;

  beforeAll(async () => void (program = await start("{}")));
  afterAll(() => program.running.stop());

  test("may be JSON and compressed, and nothing", async () => {
    const json = JSON.stringify(
      REQUEST,
      (_key, value) => (typeof value === "bigint" ? String(value) : value) as unknown,
    );
    expect((await post(program, json, { "content-type": "application/json" })).status).toBe(200);
    expect((await post(program, gzipSync(BYTES), { ...PROTOBUF, "content-encoding": "gzip" })).status).toBe(200);
    expect((await post(program, new Uint8Array(0), PROTOBUF)).status).toBe(200);
  });

  test.each([
    [
      { "content-type": "text/plain" },
      400,
      "unsupported content type: text/plain, supported: [application/json, application/x-protobuf]",
    ],
    [
      { ...PROTOBUF, "content-encoding": "zstd" },
      400,
      'unsupported compression: zstd. Only "gzip" or no compression supported',
    ],
    [{ ...PROTOBUF, "sec-fetch-site": "cross-site" }, 403, "a page of another site may not write"],
    [{ ...PROTOBUF, "content-encoding": "gzip" }, 400, "incorrect header check"],
    [{ "content-type": "application/json" }, 400, expect.any(String)],
  ])("%j with what does not fit is answered with %i", async (headers, status, told) => {
    const response = await post(program, "no request", headers as Record<string, string>);
    expect([response.status, (await response.text()).trim()]).toEqual([status, told]);
  });
});
