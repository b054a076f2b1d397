/** The steps of an order, each a span. Only the inventory is asked for real; the others take their time and are done. */
import { SpanKind, type Tracer } from "@opentelemetry/api";
import { inSpan } from "./in-span.ts";
import { type Order, RejectedOrderError } from "./order.ts";
import type { TracedGet } from "./traced-client.ts";
import { between, type World } from "./world.ts";

/** One payment in so many needs a second try. */
const PAYMENT_RETRY_SHARE = 0.1;

export class OrderSteps {
  readonly #tracer: Tracer;
  readonly #world: World;
  readonly #get: TracedGet;
  readonly #inventoryUrl: string;

  constructor(tracer: Tracer, world: World, get: TracedGet, inventoryUrl: string) {
    this.#tracer = tracer;
    this.#world = world;
    this.#get = get;
    this.#inventoryUrl = inventoryUrl;
  }

  /** Throws `RejectedOrderError` for an order that cannot be taken, another error when something is broken. */
  async run(order: Order): Promise<void> {
    await this.#validate(order);
    await this.#checkInventory(order);
    await this.#chargePayment(order);
    await this.#save(order);
    await this.#publish(order);
  }

  #validate({ orderId, amount }: Order): Promise<void> {
    return inSpan(this.#tracer, "validate_order", {}, async (span) => {
      await this.#world.wait(between(this.#world, 0.2, 2));
      const isValid = orderId !== "" && amount > 0;
      span.setAttribute("order.valid", isValid);
      if (!isValid) throw new RejectedOrderError(422, "Order not valid");
    });
  }

  #checkInventory({ orderId }: Order): Promise<void> {
    return inSpan(this.#tracer, "check_inventory", { attributes: { "order.id": orderId } }, async () => {
      const status = await this.#get(new URL(`/items/${encodeURIComponent(orderId)}`, this.#inventoryUrl));
      if (status === 404) throw new RejectedOrderError(422, "Item not available");
      if (status !== 200) throw new Error(`the inventory answered ${status}`);
    });
  }

  #chargePayment({ orderId, amount }: Order): Promise<void> {
    const attributes = { "order.id": orderId, "payment.provider": "stripe", "payment.amount": amount };
    return inSpan(this.#tracer, "charge_payment", { attributes }, async (span) => {
      if (this.#world.random() < PAYMENT_RETRY_SHARE) {
        await this.#callProvider(503);
        span.addEvent("retry_attempt", { "retry.count": 1, "retry.delay_ms": 20 });
        await this.#world.wait(20);
      }
      await this.#callProvider(200);
      span.addEvent("payment_charged", { "payment.amount": amount, "payment.currency": "USD" });
    });
  }

  #callProvider(status: number): Promise<void> {
    const attributes = {
      "http.request.method": "POST",
      "url.full": "https://api.stripe.com/v1/charges",
      "server.address": "api.stripe.com",
      "server.port": 443,
      "http.response.status_code": status,
    };
    return inSpan(this.#tracer, "POST", { kind: SpanKind.CLIENT, attributes }, () =>
      this.#world.wait(between(this.#world, 8, 45)),
    );
  }

  #save({ orderId }: Order): Promise<void> {
    return inSpan(this.#tracer, "save_order", { attributes: { "order.id": orderId } }, async (span) => {
      const attributes = {
        "db.system.name": "postgresql",
        "db.namespace": "orders",
        "db.operation.name": "INSERT",
        "db.collection.name": "orders",
        "db.query.text": "INSERT INTO orders (id, user_id, amount) VALUES ($1, $2, $3)",
        "server.address": "db-orders.internal",
        "server.port": 5_432,
      };
      await inSpan(this.#tracer, "INSERT orders", { kind: SpanKind.CLIENT, attributes }, () =>
        this.#world.wait(between(this.#world, 2, 9)),
      );
      span.addEvent("transaction_committed");
    });
  }

  #publish({ orderId }: Order): Promise<void> {
    const attributes = {
      "messaging.system": "rabbitmq",
      "messaging.operation.type": "send",
      "messaging.operation.name": "publish",
      "messaging.destination.name": "orders.confirmed",
      "messaging.message.id": orderId,
    };
    return inSpan(this.#tracer, "publish orders.confirmed", { kind: SpanKind.PRODUCER, attributes }, () =>
      this.#world.wait(between(this.#world, 0.5, 3)),
    );
  }
}
