import { decode, encode, payloadBytes, payloadOf, PROTOCOLS, type MetricsObject, type Payload } from "@clew/otlp";
import { expect, test } from "vitest";
import { ManualClock } from "../../../collector.test-kit.ts";
import { componentSettings } from "../../../component.test-kit.ts";
import { attributesOf, type Attributes } from "../../../otlp.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { Servicegraph } from "./servicegraph.ts";

const [SERVER, CLIENT, PRODUCER, CONSUMER] = [2, 3, 4, 5];

interface SpanParts {
  readonly service: string;
  readonly kind: number;
  readonly id: number;
  readonly parent?: number;
  readonly ms?: number;
  readonly failed?: boolean;
  readonly attributes?: Attributes;
  /** Attributes as OTLP has them. */
  readonly more?: readonly object[];
}

function span({ service, kind, id, parent, ms = 10, failed = false, attributes = {}, more = [] }: SpanParts): Payload {
  const made = {
    traceId: Buffer.alloc(16, 1),
    spanId: Buffer.alloc(8, id),
    ...(parent === undefined ? {} : { parentSpanId: Buffer.alloc(8, parent) }),
    kind,
    startTimeUnixNano: 0n,
    endTimeUnixNano: BigInt(ms * 1e6),
    status: { code: failed ? 2 : 0 },
    attributes: [...attributesOf(attributes), ...more],
  };
  const resource = { attributes: attributesOf({ "service.name": service, env: "prod" }) };
  return payloadOf(
    "traces",
    encode(PROTOCOLS.traces.request, { resourceSpans: [{ resource, scopeSpans: [{ spans: [made] }] }] }),
  );
}

async function setUp(config: object = {}) {
  const clock = new ManualClock();
  const kit = componentSettings("connector", "servicegraph", clock);
  const place = new Place("", []);
  const sent: Payload[] = [];
  const connector = new Servicegraph(kit.settings, schema.read(config, place), {
    consume(payload) {
      sent.push(payload);
      return Promise.resolve();
    },
  });
  expect(place.problems).toEqual([]);
  await connector.start();
  const flush = async () => {
    sent.length = 0;
    clock.advance(60_000);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    const metrics = sent.flatMap((payload) => {
      const object = decode(PROTOCOLS.metrics.request, payloadBytes(payload)) as unknown as MetricsObject;
      return object.resourceMetrics[0]!.scopeMetrics[0]!.metrics;
    });
    return new Map(metrics.map((metric) => [metric.name.replace("traces_service_graph_request_", ""), metric]));
  };
  const edges = async (): Promise<unknown> =>
    (await flush())
      .get("total")
      ?.sum?.dataPoints.map(({ attributes, asInt }) => [
        ...attributes.map(({ value }) => value?.stringValue ?? value?.boolValue),
        asInt,
      ]);
  return { clock, connector, flush, edges, ...kit };
}

const counted = (kit: Awaited<ReturnType<typeof setUp>>, name: string): number =>
  kit.meter.families().find((family) => family.name === `otelcol_connector_servicegraph_${name}`)?.samples[0]?.value ??
  0;

test("pairs client and server, in whichever order they come, and measures both ends", async () => {
  const { connector, flush } = await setUp();
  await connector.consume(span({ service: "shop", kind: CLIENT, id: 1, ms: 30 }));
  await connector.consume(span({ service: "stock", kind: SERVER, id: 2, parent: 1, ms: 20 }));
  await connector.consume(span({ service: "stock", kind: SERVER, id: 4, parent: 3, ms: 20, failed: true }));
  await connector.consume(span({ service: "shop", kind: CLIENT, id: 3, ms: 50 }));
  const metrics = await flush();
  const points = metrics.get("total")?.sum?.dataPoints ?? [];
  expect(
    points.map(({ attributes, asInt }) => [
      attributes.map(({ value }) => value?.stringValue ?? value?.boolValue),
      asInt,
    ]),
  ).toEqual([
    [["shop", "stock", "", false], 1n],
    [["shop", "stock", "", true], 1n],
  ]);
  expect(metrics.get("failed_total")?.sum?.dataPoints.map(({ asInt }) => asInt)).toEqual([1n]);
  expect(metrics.get("client_seconds")?.histogram?.dataPoints[0]).toMatchObject({ count: 1n, sum: 0.03 });
  expect(metrics.get("server_seconds")?.histogram?.dataPoints[0]).toMatchObject({ count: 1n, sum: 0.02 });
});

test("knows messages and databases", async () => {
  const { connector, edges } = await setUp();
  await connector.consume(span({ service: "shop", kind: PRODUCER, id: 1 }));
  await connector.consume(span({ service: "mailer", kind: CONSUMER, id: 2, parent: 1 }));
  await connector.consume(span({ service: "shop", kind: CLIENT, id: 3, attributes: { "db.name": "orders" } }));
  expect(await edges()).toEqual([
    ["shop", "mailer", "messaging_system", false, 1n],
    ["shop", "orders", "database", false, 1n],
  ]);
});

test("names the end that never came by what is known of it, and counts it", async () => {
  const kit = await setUp({ virtual_node_extra_label: true });
  await kit.connector.consume(span({ service: "shop", kind: SERVER, id: 1 }));
  await kit.connector.consume(span({ service: "shop", kind: CLIENT, id: 2, attributes: { "peer.service": "paypal" } }));
  await kit.connector.consume(span({ service: "shop", kind: CLIENT, id: 3 }));
  kit.clock.advance(4_000);
  expect(await kit.edges()).toEqual([
    ["user", "shop", "virtual_node", false, "client", 1n],
    ["shop", "paypal", "virtual_node", false, "server", 1n],
  ]);
  expect(counted(kit, "expired_edges")).toBe(3);
});

test("keeps no more than max_items waiting, and counts what it drops", async () => {
  const kit = await setUp({ store: { max_items: 1 } });
  await kit.connector.consume(span({ service: "shop", kind: CLIENT, id: 1 }));
  await kit.connector.consume(span({ service: "shop", kind: CLIENT, id: 2 }));
  expect([counted(kit, "dropped_spans"), counted(kit, "total_edges")]).toEqual([1, 1]);
});

test("a dimension may be a list, written as JSON", async () => {
  const kit = await setUp({ dimensions: ["shards"] });
  const more = [{ key: "shards", value: { arrayValue: { values: [{ intValue: 1n }, { stringValue: "b" }] } } }];
  await kit.connector.consume(span({ service: "web", kind: 3, id: 1, more }));
  await kit.connector.consume(span({ service: "api", kind: 2, id: 2, parent: 1 }));
  const point = (await kit.flush()).get("total")?.sum?.dataPoints[0];
  expect(point?.attributes.find(({ key }) => key === "client_shards")?.value).toEqual({ stringValue: '[1,"b"]' });
});

test("adds dimensions of both ends, and flushes at once where the interval is 0", async () => {
  const { connector, flush } = await setUp({ dimensions: ["env", "zone"], metrics_flush_interval: "0s" });
  await connector.consume(span({ service: "shop", kind: CLIENT, id: 1, attributes: { zone: "a" } }));
  await connector.consume(span({ service: "stock", kind: SERVER, id: 2, parent: 1 }));
  expect(await flush()).toEqual(new Map());
  const exponential = await setUp({ dimensions: ["zone"], exponential_histogram_max_size: 8 });
  await exponential.connector.consume(span({ service: "shop", kind: CLIENT, id: 1, attributes: { zone: "a" } }));
  await exponential.connector.consume(span({ service: "stock", kind: SERVER, id: 2, parent: 1 }));
  const metrics = await exponential.flush();
  expect(metrics.get("total")?.sum?.dataPoints[0]?.attributes.at(-1)).toEqual({
    key: "client_zone",
    value: { stringValue: "a" },
  });
  expect(metrics.get("client_seconds")?.exponentialHistogram?.dataPoints[0]?.count).toBe(1n);
});
