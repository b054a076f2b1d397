import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import {
  concatPayloads,
  decode,
  encode,
  payloadBytes,
  payloadOf,
  PROTOCOLS,
  SIGNALS,
  type Payload,
  type TracesObject,
} from "@clew/otlp";
import { expect, onTestFinished, test } from "vitest";
import { ManualClock, runCollector, until } from "../../../collector.test-kit.ts";
import { componentSettings } from "../../../component.test-kit.ts";
import { attributesOf, logsOf, metricsOf, tracesOf } from "../../../otlp.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { DnsResolver } from "./dns-resolver.ts";
import { loadBalancingExporter } from "./factory.ts";
import { HashRing } from "./hash-ring.ts";
import { KubernetesResolver } from "./kubernetes-resolver.ts";
import { LoadBalancer } from "./load-balancer.ts";
import type { Resolver } from "./resolver.ts";
import { route } from "./routing.ts";

const BACKEND = `
receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:0" } } } }
exporters: { clew: }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], exporters: [clew] }
    metrics: { receivers: [otlp], exporters: [clew] }
    logs: { receivers: [otlp], exporters: [clew] }
`;

interface Backend {
  readonly endpoint: string;
  readonly received: () => readonly Payload[];
  readonly stop: () => Promise<void>;
}

async function backend(): Promise<Backend> {
  const running = await runCollector(BACKEND);
  const { collector, sink } = running;
  onTestFinished(() => collector.shutdown());
  return { endpoint: running.at("grpc"), received: () => sink.payloads, stop: () => collector.shutdown() };
}

const NO_RETRY = { tls: { insecure: true }, retry_on_failure: { enabled: false } };

function configOf(config: object): ReturnType<typeof schema.read> {
  const place = new Place("", []);
  const read = schema.read({ protocol: { otlp: NO_RETRY }, ...config }, place);
  expect(place.problems).toEqual([]);
  return read;
}

async function exporterTo(hostnames: readonly string[], config: object = {}) {
  const kit = componentSettings("exporter", "loadbalancing");
  const read = configOf({ resolver: { static: { hostnames } }, ...config });
  const exporter = loadBalancingExporter.create(
    kit.settings,
    read,
    SIGNALS.filter((one) => keyFits(one, read.routing_key)),
  );
  await exporter.start();
  onTestFinished(() => exporter.shutdown());
  return { exporter, ...kit };
}

/** Whether the key can be used for the signal. */
function keyFits(signal: string, key: string): boolean {
  return signal === "metrics" ? key !== "traceID" : key === "" || ["traceID", "service", "attributes"].includes(key);
}

function spansOf(traceIds: readonly number[], service = "test"): Payload {
  const spans = traceIds.map((id) => ({
    traceId: Buffer.alloc(16, id),
    spanId: Buffer.alloc(8, 1),
    name: `span ${id}`,
  }));
  return payloadOf(
    "traces",
    encode(PROTOCOLS.traces.request, {
      resourceSpans: [{ resource: { attributes: attributesOf({ "service.name": service }) }, scopeSpans: [{ spans }] }],
    }),
  );
}

function traceIdsOf(payloads: readonly Payload[]): number[] {
  return payloads.flatMap((payload) =>
    (decode(PROTOCOLS.traces.request, payloadBytes(payload)) as unknown as TracesObject).resourceSpans.flatMap(
      ({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(({ traceId }) => traceId[0]!)),
    ),
  );
}

test.each<[Uint8Array | string, string]>([
  [Uint8Array.of(1, 2, 0, 0), "endpoint-1"],
  [Uint8Array.of(128, 128, 0, 0), "endpoint-2"],
  ["ad-service-7", "endpoint-1"],
  ["get-recommendations-1", "endpoint-2"],
])("the ring has %s where the original has it", (key, endpoint) => {
  expect(new HashRing(["endpoint-1", "endpoint-2"]).endpointFor(key)).toBe(endpoint);
});

test("a key at an end of the ring has its neighbour", () => {
  const ring = new HashRing(["endpoint-1"]);
  for (let i = 0; i < 1_000; i++) expect(ring.endpointFor(String(i))).toBe("endpoint-1");
});

test("a ring that loses an endpoint moves no key of the others", () => {
  const endpoints = ["a:4317", "b:4317", "c:4317", "d:4317"];
  const [whole, less] = [new HashRing(endpoints), new HashRing(endpoints.slice(0, 3))];
  const keys = Array.from({ length: 2_000 }, (_unused, i) => `key ${i}`);
  const staying = keys.filter((key) => whole.endpointFor(key) !== "d:4317");
  expect(staying.map((key) => less.endpointFor(key))).toEqual(staying.map((key) => whole.endpointFor(key)));
  const share = (endpoint: string): number => keys.filter((key) => whole.endpointFor(key) === endpoint).length;
  for (const endpoint of endpoints) expect(share(endpoint)).toBeGreaterThan(250);
  expect(new HashRing([]).endpointFor("key")).toBeUndefined();
});

test("all spans of a trace go to one endpoint, whichever requests they came in", async () => {
  const backends = await Promise.all([backend(), backend(), backend()]);
  const { exporter, meter } = await exporterTo(backends.map(({ endpoint }) => endpoint));
  const ids = Array.from({ length: 60 }, (_unused, i) => i + 1);
  await exporter.consume(spansOf(ids, "a"));
  await exporter.consume(concatPayloads([spansOf(ids, "b"), spansOf(ids, "c")]));
  const received = backends.map(({ received: all }) => traceIdsOf(all()));
  for (const [i, one] of received.entries()) {
    expect(one.length).toBeGreaterThan(0);
    for (const other of received.slice(i + 1)) expect(one.filter((id) => other.includes(id))).toEqual([]);
  }
  expect(received.flat().sort((a, b) => a - b)).toEqual(ids.flatMap((id) => [id, id, id]));
  const sampleOf = (name: string) => meter.families().find((family) => family.name === name)?.samples;
  expect(sampleOf("otelcol_loadbalancer_num_backends")).toMatchObject([{ labels: { resolver: "static" }, value: 3 }]);
  expect(sampleOf("otelcol_loadbalancer_num_resolutions")).toMatchObject([
    { labels: { resolver: "static", success: "true" }, value: 1 },
  ]);
  expect(sampleOf("otelcol_loadbalancer_backend_outcome")).toHaveLength(3);
  expect(sampleOf("otelcol_exporter_sent_spans")?.map(({ labels }) => labels["exporter"])).toEqual(
    expect.arrayContaining(backends.map(({ endpoint }) => `otlp_grpc/${endpoint}`)),
  );
});

/** Which endpoint each record went to, by what `nameOf` calls it. */
function routed(
  payload: Payload,
  key: ReturnType<typeof schema.read>["routing_key"],
  attributes: readonly string[] = [],
) {
  const endpointFor = (id: Uint8Array | string): string =>
    typeof id === "string" ? id : Buffer.from(id).toString("hex");
  return route(payload, { key, attributes, endpointFor, random: () => 0.25 });
}

test("logs go with their trace, those without one anywhere together; or with their service", () => {
  const traced = payloadOf(
    "logs",
    encode(PROTOCOLS.logs.request, {
      resourceLogs: [{ scopeLogs: [{ logRecords: [{ traceId: Buffer.alloc(16, 7) }, {}, {}] }] }],
    }),
  );
  expect([...routed(traced, "")].map(([key, { counts }]) => [key, counts.items])).toEqual([
    ["07".repeat(16), 1],
    ["0.25", 2],
  ]);
  const services = concatPayloads([
    logsOf(["a"], { "service.name": "one" }),
    logsOf(["b"], {}),
    logsOf(["c"], { "service.name": "one" }),
  ]);
  expect([...routed(services, "service")].map(([key, { counts }]) => [key, counts.items])).toEqual([
    ["one", 2],
    ["", 1],
  ]);
});

test("attributes are the resource's, else the span's, and its name and kind", () => {
  const spans = [
    { traceId: Buffer.alloc(16, 1), name: "GET", kind: 2, attributes: attributesOf({ tenant: "x", region: "span" }) },
    {
      traceId: Buffer.alloc(16, 2),
      name: "GET",
      kind: 3,
      attributes: [...attributesOf({ tenant: 7 }), { key: "ratio", value: { doubleValue: 1e6 } }],
    },
    { traceId: Buffer.alloc(16, 3), name: "GET", kind: 2, attributes: attributesOf({ tenant: "x" }) },
  ];
  const payload = payloadOf(
    "traces",
    encode(PROTOCOLS.traces.request, {
      resourceSpans: [{ resource: { attributes: attributesOf({ region: "eu" }) }, scopeSpans: [{ spans }] }],
    }),
  );
  const parts = routed(payload, "attributes", ["region", "tenant", "ratio", "span.name", "span.kind"]);
  expect([...parts].map(([key, { counts }]) => [key, counts.items])).toEqual([
    ["region=eu|tenant=x|ratio=|span.name=GET|span.kind=Server|", 2],
    ["region=eu|tenant=7|ratio=1e+06|span.name=GET|span.kind=Client|", 1],
  ]);
});

test("metrics go by service, resource, name, or each of their series alone", () => {
  const point = (value: string) => ({ asInt: 1n, timeUnixNano: 1n, attributes: attributesOf({ value }) });
  const gauge = (name: string, values: readonly string[]) => ({ name, gauge: { dataPoints: values.map(point) } });
  const payload = concatPayloads([
    metricsOf([gauge("m", ["1", "2"]), gauge("n", ["1"])], { "service.name": "s", pod: "p" }),
    metricsOf([gauge("m", ["1"])], { "service.name": "s", pod: "q" }),
  ]);
  const itemsBy = (key: Parameters<typeof routed>[1]) =>
    [...routed(payload, key).values()].map(({ counts }) => counts.items);
  expect([...routed(payload, "").keys()]).toEqual(["s"]);
  expect([...routed(payload, "metric")].map(([key, { counts }]) => [key, counts.items])).toEqual([
    ["m", 3],
    ["n", 1],
  ]);
  expect(itemsBy("resource")).toEqual([3, 1]);
  expect(itemsBy("streamID")).toEqual([1, 1, 1, 1]);
});

test("what one endpoint refused is sent again, and what the others took is not", async () => {
  const [up, down] = [await backend(), await backend()];
  await down.stop();
  const retry_on_failure = { enabled: true, initial_interval: "1s" };
  const clock = new ManualClock();
  const kit = componentSettings("exporter", "loadbalancing", clock);
  let found: Parameters<Resolver["start"]>[0] | undefined;
  const resolver: Resolver = {
    name: "static",
    start(one) {
      found = one;
      one.endpoints([up.endpoint, down.endpoint].sort());
      return Promise.resolve();
    },
    stop: () => {},
  };
  const config = configOf({ resolver: { static: { hostnames: ["unused"] } }, retry_on_failure });
  const balancer = new LoadBalancer(kit.settings, config, ["traces"], resolver);
  await balancer.open();
  onTestFinished(() => balancer.close());
  const payload = spansOf(Array.from({ length: 40 }, (_unused, i) => i + 1));
  await expect(balancer.send(payload)).rejects.toMatchObject({ permanent: false });
  const before = traceIdsOf(up.received());
  expect(before.length).toBeGreaterThan(0);
  found!.endpoints([up.endpoint]);
  await setImmediate();
  await balancer.send(payload);
  expect(traceIdsOf(up.received()).sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_unused, i) => i + 1));
});

test("without any endpoint the sender may come again", async () => {
  const kit = componentSettings("exporter", "loadbalancing");
  const resolver: Resolver = {
    name: "dns",
    start: (found) => Promise.resolve(found.failed(new Error("no such host"))),
    stop: () => {},
  };
  const balancer = new LoadBalancer(
    kit.settings,
    configOf({ resolver: { dns: { hostname: "nowhere" } } }),
    ["traces"],
    resolver,
  );
  await balancer.open();
  await expect(balancer.send(tracesOf(["a"]))).rejects.toMatchObject({ code: "EXPORT_FAILED", permanent: false });
  expect(kit.lines.join("\n")).toContain("failed to resolve");
  await balancer.close();
});

test("a queue before the endpoints is counted under the exporter's own name", async () => {
  const one = await backend();
  const { exporter, meter } = await exporterTo([one.endpoint], { sending_queue: { queue_size: 10 } });
  await exporter.consume(tracesOf(["a"]));
  const sizes = meter.families().find(({ name }) => name === "otelcol_exporter_queue_capacity")?.samples;
  expect(sizes?.filter(({ labels }) => labels["exporter"] === "loadbalancing").map(({ value }) => value)).toEqual([
    10, 10, 10,
  ]);
  expect(one.received()).toHaveLength(1);
});

test("names are looked up again, and an address without a port has that of the configuration", async () => {
  const clock = new ManualClock();
  const answers = [[{ address: "10.0.0.2" }, { address: "10.0.0.1" }], [{ address: "fd00::1" }]];
  const { dns } = configOf({ resolver: { dns: { hostname: "backends", interval: "10s" } } }).resolver;
  const resolver = new DnsResolver(clock, dns!, async () => answers.shift() ?? Promise.reject(new Error("gone")));
  const found: unknown[] = [];
  await resolver.start({ endpoints: (all) => void found.push(all), failed: (error) => void found.push(String(error)) });
  for (let i = 0; i < 2; i++) {
    clock.advance(10_000);
    await until(() => found.length === i + 2);
  }
  resolver.stop();
  expect(found).toEqual([["10.0.0.1:4317", "10.0.0.2:4317"], ["[fd00::1]:4317"], "Error: gone"]);
});

test("a lookup that never ends is given up", async () => {
  const clock = new ManualClock();
  const { dns } = configOf({ resolver: { dns: { hostname: "backends", timeout: "2s" } } }).resolver;
  const resolver = new DnsResolver(clock, dns!, () => new Promise(() => {}));
  const failed: string[] = [];
  const started = resolver.start({ endpoints: () => {}, failed: (error) => void failed.push(String(error)) });
  clock.advance(2_000);
  await started;
  resolver.stop();
  expect(failed).toEqual(["Error: lookup backends: i/o timeout"]);
});

test("pods of a service are followed through the API server", async () => {
  let pods = [
    { addresses: ["10.1.0.1"], hostname: "web-0" },
    { addresses: ["10.1.0.2"], conditions: { ready: false } },
  ];
  const watches: ServerResponse[] = [];
  const asked: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    asked.push(`${String(request.headers.authorization)} ${String(request.url)}`);
    if (request.url!.includes("watch=true")) watches.push(response.writeHead(200));
    else
      response.end(
        JSON.stringify({ metadata: { resourceVersion: "41" }, items: [{ endpoints: pods }, { endpoints: null }] }),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { k8s } = configOf({ resolver: { k8s: { service: "web.shop", ports: [4317, 4318] } } }).resolver;
  const access = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: () => Promise.resolve("secret"),
    certificateAuthority: () => Promise.resolve(undefined),
    namespace: () => Promise.reject(new Error("outside")),
  };
  const resolver = new KubernetesResolver(new ManualClock(), k8s!, access);
  const found: unknown[] = [];
  await resolver.start({ endpoints: (all) => void found.push(all), failed: (error) => void found.push(error) });
  await until(() => watches.length === 1);
  pods = [
    { addresses: ["10.1.0.1"], hostname: "web-0" },
    { addresses: ["10.1.0.3"], hostname: "web-1" },
  ];
  watches[0]!.write('{"type":"MODIFIED","object":{}}\n');
  await until(() => found.length === 2);
  resolver.stop();
  expect(found).toEqual([
    ["10.1.0.1:4317", "10.1.0.1:4318"],
    ["10.1.0.1:4317", "10.1.0.1:4318", "10.1.0.3:4317", "10.1.0.3:4318"],
  ]);
  const path =
    "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dweb";
  expect(asked.slice(0, 2)).toEqual([
    `Bearer secret ${path}`,
    `Bearer secret ${path}&resourceVersion=41&watch=true&timeoutSeconds=300`,
  ]);
});

test("a key that a signal has not, and resolvers that are none or two, are refused", () => {
  const problems = (config: object): string[] => {
    const place = new Place("", []);
    schema.read(config, place);
    return place.problems.map(({ what }) => what);
  };
  expect(problems({})).toEqual(["no resolvers specified for the exporter"]);
  expect(problems({ resolver: { dns: { hostname: "a" }, static: { hostnames: ["b"] } } })).toEqual([
    "only one resolver should be specified",
  ]);
  expect(problems({ resolver: { dns: {} } })).toEqual(["no hostname specified to resolve the backends"]);
  const { settings } = componentSettings("exporter", "loadbalancing");
  const config = configOf({ resolver: { static: { hostnames: ["a"] } }, routing_key: "traceID" });
  expect(() => loadBalancingExporter.create(settings, config, ["metrics"])).toThrow(
    'unsupported routing_key: "traceID"',
  );
});
