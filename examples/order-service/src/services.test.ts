/** Both services in this process, each with its own SDK, sending to a receiver in the test. */
import { context, propagation, trace } from "@opentelemetry/api";
import {
  AsyncLocalStorageContextManager,
  BatchLogRecordProcessor,
  BatchSpanProcessor,
  CompositePropagator,
  LoggerProvider,
  MeterProvider,
  OTLPLogExporter,
  OTLPMetricExporter,
  OTLPTraceExporter,
  PeriodicExportingMetricReader,
  TracerProvider,
  W3CBaggagePropagator,
  W3CTraceContextPropagator,
} from "@clew/sdk";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startInventory } from "./inventory-service.ts";
import { createLog } from "./log.ts";
import { startOrders } from "./order-service.ts";
import { listenHttp, OtlpReceiver, type ReceivedSpan } from "./otlp-receiver.test-kit.ts";
import { serviceResource, type Telemetry } from "./telemetry.ts";
import type { World } from "./world.ts";

const closers: (() => Promise<void>)[] = [];

beforeEach(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  const propagators = [new W3CTraceContextPropagator(), new W3CBaggagePropagator()];
  propagation.setGlobalPropagator(new CompositePropagator({ propagators }));
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  propagation.disable();
  context.disable();
});

function telemetryOf(service: string, url: string): Telemetry {
  const resource = serviceResource(service);
  const tracerProvider = new TracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${url}/v1/traces` }))],
  });
  const meterProvider = new MeterProvider({
    resource,
    readers: [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter({ url: `${url}/v1/metrics` }) })],
  });
  const loggerProvider = new LoggerProvider({
    resource,
    processors: [new BatchLogRecordProcessor(new OTLPLogExporter({ url: `${url}/v1/logs` }))],
  });
  return {
    tracer: tracerProvider.getTracer("test"),
    meter: meterProvider.getMeter("test"),
    otelLogger: loggerProvider.getLogger("test"),
    shutdown: async () => {
      await Promise.all([tracerProvider, meterProvider, loggerProvider].map((provider) => provider.shutdown()));
    },
  };
}

async function setUp({ nowMs = 60_000 } = {}) {
  const receiver = new OtlpReceiver();
  const otlp = await listenHttp(receiver);
  closers.push(() => otlp.close());
  const waits: number[] = [];
  const world: World = {
    nowMs: () => nowMs,
    random: () => 0.5,
    wait: (delayMs) => {
      waits.push(delayMs);
      return Promise.resolve();
    },
  };
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line));
  const telemetries = ["inventory-service", "order-service"].map((name) => telemetryOf(name, otlp.url));
  const [ofInventory, ofOrders] = telemetries as [Telemetry, Telemetry];
  const logOf = ({ otelLogger }: Telemetry) => createLog(otelLogger, { write });
  const inventory = await startInventory({ telemetry: ofInventory, log: logOf(ofInventory), world, port: 0 });
  const orders = await startOrders({
    telemetry: ofOrders,
    log: logOf(ofOrders),
    world,
    port: 0,
    inventoryUrl: inventory.url,
  });
  /** Sends one order, stops both services, and resolves to the answer. */
  const sendOrder = async (query: string): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${orders.url}/orders?${query}`, { method: "POST", headers: { connection: "close" } });
    const answer = { status: response.status, body: await response.json() };
    await Promise.all([orders.close(), inventory.close()]);
    await Promise.all(telemetries.map((telemetry) => telemetry.shutdown()));
    return answer;
  };
  return { receiver, lines, waits, sendOrder };
}

/** "service: name" of a span and, below it, of its children, in the order of their ends. */
function treeOf(spans: readonly ReceivedSpan[], parentSpanId?: string): unknown[] {
  return spans
    .filter((span) => span.parentSpanId === parentSpanId)
    .map((span) => {
      const children = treeOf(spans, span.spanId);
      const label = `${span.service}: ${span.name}`;
      return children.length === 0 ? label : [label, ...children];
    });
}

function named(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  const span = spans.find((candidate) => candidate.name === name);
  if (span === undefined) throw new Error(`there is no span ${name}`);
  return span;
}

test("an order is one trace through both services", async () => {
  const { receiver, sendOrder } = await setUp();
  expect(await sendOrder("order_id=order-1&user_id=user-5&amount=49.5")).toEqual({
    status: 200,
    body: { status: "confirmed", order_id: "order-1" },
  });
  expect(new Set(receiver.spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(treeOf(receiver.spans)).toEqual([
    [
      "order-service: POST /orders",
      [
        "order-service: create_order",
        "order-service: validate_order",
        [
          "order-service: check_inventory",
          [
            "order-service: GET",
            [
              "inventory-service: GET /items/:id",
              ["inventory-service: lookup_item", "inventory-service: SELECT stock"],
            ],
          ],
        ],
        ["order-service: charge_payment", "order-service: POST"],
        ["order-service: save_order", "order-service: INSERT orders"],
        "order-service: publish orders.confirmed",
      ],
    ],
  ]);
  const createOrder = named(receiver.spans, "create_order");
  expect(createOrder.attributes).toEqual({ "order.id": "order-1", "user.id": "user-5", "order.amount": 49.5 });
  expect(createOrder).toMatchObject({ events: ["order_confirmed"], status: { code: 1 } });
});

test("baggage takes the user's tier to the inventory's span", async () => {
  const { receiver, sendOrder } = await setUp();
  await sendOrder("order_id=order-1&user_id=user-5&amount=1");
  expect(named(receiver.spans, "GET /items/:id").attributes).toMatchObject({
    "user.tier": "gold",
    "http.route": "/items/:id",
    "http.response.status_code": 200,
    "url.path": "/items/order-1",
  });
});

test("log lines and log records of both services carry the trace", async () => {
  const { receiver, lines, sendOrder } = await setUp();
  await sendOrder("order_id=order-1&user_id=user-1&amount=1");
  const { traceId, spanId } = named(receiver.spans, "create_order");
  expect(lines.map(({ msg, trace_id }) => [msg, trace_id])).toEqual([
    ["Creating order", traceId],
    ["Item found", traceId],
    ["GET /items/:id 200", traceId],
    ["Order created successfully", traceId],
    ["POST /orders 200", traceId],
  ]);
  expect(lines[0]).toMatchObject({ span_id: spanId, order_id: "order-1", user_id: "user-1" });
  const record = receiver.logs.find(({ body }) => body === "Creating order");
  expect(record).toMatchObject({ service: "order-service", severityText: "INFO", traceId, spanId });
  expect(record?.attributes).toEqual({ order_id: "order-1", user_id: "user-1" });
  expect(receiver.logs.map(({ service }) => service).sort()).toEqual([
    "inventory-service",
    "inventory-service",
    "order-service",
    "order-service",
    "order-service",
  ]);
  const access = receiver.logs.find(({ body }) => body === "POST /orders 200");
  expect(access?.spanId).toBe(named(receiver.spans, "POST /orders").spanId);
});

test("the metrics count the order and point at its trace", async () => {
  const { receiver, sendOrder } = await setUp();
  await sendOrder("order_id=order-1&user_id=user-1&amount=1");
  const { traceId } = named(receiver.spans, "create_order");
  const point = (metric: string, service = "order-service") =>
    receiver.points.find((candidate) => candidate.metric === metric && candidate.service === service);
  expect(point("orders.created")).toMatchObject({
    value: 1,
    attributes: { status: "success", "user.tier": "standard" },
  });
  for (const [metric, service] of [
    ["orders.processing_duration", "order-service"],
    ["http.server.request.duration", "order-service"],
    ["http.client.request.duration", "order-service"],
    ["http.server.request.duration", "inventory-service"],
  ] as const) {
    expect(point(metric, service)).toMatchObject({ value: 1, exemplarTraceIds: [traceId] });
  }
});

test("an order for an item that is not there is rejected with 422", async () => {
  const { receiver, sendOrder } = await setUp();
  expect(await sendOrder("order_id=order-17&user_id=user-1&amount=1")).toEqual({
    status: 422,
    body: { detail: "Item not available" },
  });
  expect(named(receiver.spans, "create_order").status).toEqual({ code: 2, message: "Item not available" });
  expect(named(receiver.spans, "POST /orders").status).toBeUndefined();
  expect(receiver.points.find(({ metric }) => metric === "orders.created")?.attributes).toEqual({ status: "rejected" });
});

test("an order that breaks the inventory is a 500 with recorded exceptions in both services", async () => {
  const { receiver, sendOrder } = await setUp();
  expect(await sendOrder("order_id=order-29&user_id=user-1&amount=1")).toEqual({
    status: 500,
    body: { detail: "Internal error" },
  });
  expect(named(receiver.spans, "SELECT stock").exceptionType).toBe("CorruptRowError");
  expect(named(receiver.spans, "create_order")).toMatchObject({
    exceptionType: "Error",
    status: { code: 2, message: "the inventory answered 500" },
  });
  const log = receiver.logs.find(({ body }) => body === "Stock lookup failed");
  expect(log?.attributes).toMatchObject({ "exception.type": "CorruptRowError", item_id: "order-29" });
});

test.each([
  ["in its slow phase", 10_000, 800],
  ["outside of it", 60_000, 9],
])("the slow warehouse %s takes its time", async (_, nowMs, expectedWaitMs) => {
  const { receiver, waits, sendOrder } = await setUp({ nowMs });
  await sendOrder("order_id=order-2&user_id=user-1&amount=1");
  expect(named(receiver.spans, "SELECT stock").attributes["db.namespace"]).toBe("stock_gdansk");
  expect(waits).toContain(expectedWaitMs);
  expect(trace.getActiveSpan()).toBeUndefined();
});
