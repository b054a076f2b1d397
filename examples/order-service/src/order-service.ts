/** The orders: `POST /orders?order_id&user_id&amount` and `GET /health`. */
import { context, propagation, type Span, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { inSpan } from "./in-span.ts";
import type { Log } from "./log.ts";
import { type Order, RejectedOrderError } from "./order.ts";
import { OrderSteps } from "./order-steps.ts";
import type { Telemetry } from "./telemetry.ts";
import { createGet } from "./traced-client.ts";
import { type Answer, type Route, startServer, type TracedServer } from "./traced-server.ts";
import type { World } from "./world.ts";

export interface OrdersSettings {
  readonly telemetry: Telemetry;
  readonly log: Log;
  readonly world: World;
  readonly inventoryUrl: string;
  readonly port: number;
}

export function startOrders(settings: OrdersSettings): Promise<TracedServer> {
  const { telemetry, log, world } = settings;
  const { tracer, meter } = telemetry;
  const steps = new OrderSteps(tracer, world, createGet(telemetry), settings.inventoryUrl);
  const created = meter.createCounter("orders.created", { unit: "1", description: "Total orders created" });
  const processingDuration = meter.createHistogram("orders.processing_duration", {
    unit: "ms",
    description: "Time from receiving an order to its confirmation",
  });
  const inProgress = meter.createUpDownCounter("orders.in_progress", { unit: "{order}" });

  async function createOrder(order: Order, span: Span): Promise<Answer> {
    const startMs = performance.now();
    log.info({ order_id: order.orderId, user_id: order.userId }, "Creating order");
    try {
      await steps.run(order);
      created.add(1, { status: "success", "user.tier": order.userTier });
      processingDuration.record(performance.now() - startMs, { status: "success" });
      span.addEvent("order_confirmed", { "order.id": order.orderId });
      span.setStatus({ code: SpanStatusCode.OK });
      log.info({ order_id: order.orderId }, "Order created successfully");
      return { status: 200, body: { status: "confirmed", order_id: order.orderId } };
    } catch (thrown) {
      return thrown instanceof RejectedOrderError
        ? rejected(order, span, thrown)
        : failed(order, span, thrown, startMs);
    }
  }

  function rejected(order: Order, span: Span, { status, message }: RejectedOrderError): Answer {
    created.add(1, { status: "rejected" });
    span.setStatus({ code: SpanStatusCode.ERROR, message });
    log.warn({ order_id: order.orderId, reason: message }, "Order rejected");
    return { status, body: { detail: message } };
  }

  function failed(order: Order, span: Span, thrown: unknown, startMs: number): Answer {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    created.add(1, { status: "error" });
    processingDuration.record(performance.now() - startMs, { status: "error" });
    span.recordException(error);
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    log.error({ order_id: order.orderId, err: error }, "Order processing failed");
    return { status: 500, body: { detail: "Internal error" } };
  }

  /** The tier goes along as baggage: the inventory sees it without a parameter of its own. */
  function handle(url: URL): Promise<Answer> {
    const order = orderOf(url);
    const baggage = propagation.createBaggage({ "user.tier": { value: order.userTier } });
    const attributes = { "order.id": order.orderId, "user.id": order.userId, "order.amount": order.amount };
    return context.with(propagation.setBaggage(context.active(), baggage), () =>
      inSpan(tracer, "create_order", { kind: SpanKind.INTERNAL, attributes }, async (span) => {
        inProgress.add(1);
        const answer = await createOrder(order, span);
        inProgress.add(-1);
        return answer;
      }),
    );
  }

  const routes: Route[] = [
    { method: "POST", path: "/orders", pattern: /^\/orders$/, handle },
    {
      method: "GET",
      path: "/health",
      pattern: /^\/health$/,
      handle: async () => ({ status: 200, body: { status: "ok" } }),
    },
  ];
  return startServer(telemetry, log, routes, settings.port);
}

function orderOf({ searchParams }: URL): Order {
  const userId = searchParams.get("user_id") ?? "";
  return {
    orderId: searchParams.get("order_id") ?? "",
    userId,
    amount: Number(searchParams.get("amount")),
    userTier: /[05]$/.test(userId) ? "gold" : "standard",
  };
}
