import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { DatabaseServer } from "../../database-servers.test-kit.ts";
import { type AppSource, appStarter, MODULE_SYSTEMS } from "../../instrumented-app.test-kit.ts";
import { hasRabbitMq, startRabbitMq } from "../../message-brokers.test-kit.ts";

const startApp = appStarter(afterEach);
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;
const VERSIONS = [
  ["0.10", { amqplib: "amqplib010" }],
  ["2", {}],
] as const;
const CASES = VERSIONS.flatMap(([version, aliases]) =>
  MODULE_SYSTEMS.map((modules) => ({ version, modules, aliases })),
);

describe.skipIf(!hasRabbitMq())("amqplib (skipped where Debian's rabbitmq-server is not installed)", () => {
  let server: DatabaseServer;
  let lastQueue = 0;
  beforeAll(async () => {
    server = await startRabbitMq();
  });
  afterAll(() => server.stop());

  const newQueue = (): string => `orders-${++lastQueue}`;
  const app = (code: string, more: Partial<AppSource> = {}): AppSource => ({
    imports: { amqplib: "amqplib", "{ trace, context }": "@opentelemetry/api" },
    code: `
      const tracer = trace.getTracer("app");
      const connection = await amqplib.connect("amqp://127.0.0.1:${server.port}");
      const channel = await connection.createChannel();
      ${code}`,
    ...more,
  });
  const sending = (queue: string): string => `
    await channel.assertQueue("${queue}");
    await tracer.startActiveSpan("checkout", async (span) => {
      const options = { messageId: "m-1", correlationId: "c-1", headers: { own: "yes" } };
      tell([channel.sendToQueue("${queue}", Buffer.from("7"), options), Object.keys(options.headers)]);
      span.end();
    });`;

  test.each(CASES)(
    "version $version in $modules: a message is processed in another process under the span that sent it",
    async ({ modules, aliases }) => {
      const queue = newQueue();
      const producer = await startApp(app(sending(queue), { modules, aliases }));
      const consumer = await startApp(
        app(
          `
          await channel.assertQueue("${queue}");
          await channel.consume("${queue}", async (message) => {
            tracer.startSpan("pack").end();
            channel.ack(message);
            tell([message.content.toString(), message.properties.headers.own]);
          });`,
          { modules, aliases },
        ),
      );
      expect(producer.told).toEqual([[true, ["own"]]]);
      expect(consumer.told).toEqual([["7", "yes"]]);
      const sent = await producer.sink.span(`send ${queue}`);
      const checkout = await producer.sink.span("checkout");
      expect(sent).toMatchObject({ kind: PRODUCER, traceId: checkout.traceId, parentSpanId: checkout.spanId });
      expect(sent.attributes).toEqual({
        "messaging.system": "rabbitmq",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": queue,
        "messaging.rabbitmq.destination.routing_key": queue,
        "messaging.message.id": "m-1",
        "messaging.message.conversation_id": "c-1",
        "network.peer.address": "127.0.0.1",
        "network.peer.port": server.port,
      });
      const processed = await consumer.sink.span(`process ${queue}`);
      expect(processed).toMatchObject({ kind: CONSUMER, traceId: sent.traceId, parentSpanId: sent.spanId });
      expect(processed.attributes).toEqual({
        "messaging.system": "rabbitmq",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": queue,
        "messaging.rabbitmq.destination.routing_key": queue,
        "messaging.rabbitmq.message.delivery_tag": 1,
        "messaging.message.id": "m-1",
        "messaging.message.conversation_id": "c-1",
        "network.peer.address": "127.0.0.1",
        "network.peer.port": server.port,
      });
      expect(await consumer.sink.span("pack")).toMatchObject({ parentSpanId: processed.spanId });
    },
  );

  test("a message that is got has a client span with a link to what sent it; that there is none is no error", async () => {
    const queue = newQueue();
    const running = await startApp(
      app(`
        ${sending(queue)}
        await channel.close();
        const other = await connection.createChannel();
        const message = await other.get("${queue}", { noAck: true });
        tell(message.content.toString());
        tell(await other.get("${queue}"));`),
    );
    await running.hasTold(3);
    expect(running.told.slice(1)).toEqual(["7", false]);
    const sent = await running.sink.span(`send ${queue}`);
    const [got, none] = await running.sink.until(({ spans }) => {
      const found = spans.filter(({ name }) => name === `receive ${queue}`);
      return found.length === 2 && found;
    });
    expect(got).toMatchObject({ kind: CLIENT, links: [{ traceId: sent.traceId, spanId: sent.spanId }] });
    expect(none?.attributes["messaging.batch.message_count"]).toBe(0);
    expect(none?.status.code).toBe(0);
  });

  test("a message by an exchange is named for it, its key and the queue that it came from", async () => {
    const queue = newQueue();
    const running = await startApp(
      app(`
        await channel.assertExchange("shop", "topic");
        await channel.assertQueue("${queue}");
        await channel.bindQueue("${queue}", "shop", "order.*");
        await channel.consume("${queue}", (message) => tell(message.fields.routingKey), { noAck: true });
        channel.publish("shop", "order.new", Buffer.from("7"));`),
    );
    const sent = await running.sink.span("send shop:order.new");
    expect(await running.sink.span(`process shop:order.new:${queue}`)).toMatchObject({ parentSpanId: sent.spanId });
  });

  test("on a confirming channel the span ends with the confirmation, and the callback has its caller's context", async () => {
    const queue = newQueue();
    const running = await startApp(
      app(`
        const confirming = await connection.createConfirmChannel();
        await confirming.assertQueue("${queue}");
        await tracer.startActiveSpan("checkout", (span) => new Promise((resolve) => {
          confirming.sendToQueue("${queue}", Buffer.from("7"), {}, (error) => {
            tell([error, trace.getSpan(context.active()) === span]);
            span.end();
            resolve();
          });
        }));
        confirming.sendToQueue("${queue}", Buffer.from("8"));
        await confirming.waitForConfirms();
        tell("confirmed");`),
    );
    await running.hasTold(2);
    expect(running.told).toEqual([[null, true], "confirmed"]);
    const sent = await running.sink.until(({ spans }) => {
      const found = spans.filter(({ name }) => name === `send ${queue}`);
      return found.length === 2 && found;
    });
    expect(sent.map(({ status }) => status.code)).toEqual([0, 0]);
  });

  test("what fails has the error: a consumer that rejects, which still goes unhandled, and a message that cannot be sent", async () => {
    const queue = newQueue();
    const running = await startApp(
      app(`
        process.on("unhandledRejection", (error) => tell(error.message));
        await channel.assertQueue("${queue}");
        await channel.consume("${queue}", async () => { throw new TypeError("no stock"); }, { noAck: true });
        try { channel.sendToQueue("${queue}", "no buffer"); } catch (error) { tell(error.name); }
        channel.sendToQueue("${queue}", Buffer.from("7"));`),
    );
    await running.hasTold(2);
    expect(running.told).toEqual(["TypeError", "no stock"]);
    const processed = await running.sink.span(`process ${queue}`);
    expect(processed).toMatchObject({ status: { code: 2, message: "no stock" } });
    expect(processed.attributes["error.type"]).toBe("TypeError");
    const sent = await running.sink.until(({ spans }) => spans.find(({ name }) => name === `send ${queue}`));
    expect(sent.status.code).toBe(2);
  });

  test("by callbacks it is the same", async () => {
    const queue = newQueue();
    const running = await startApp({
      imports: { amqplib: "amqplib/callback_api", "{ trace, context }": "@opentelemetry/api" },
      code: `
        amqplib.connect("amqp://127.0.0.1:${server.port}", (error, connection) => {
          connection.createChannel((error, channel) => {
            channel.assertQueue("${queue}", {}, () => {
              channel.sendToQueue("${queue}", Buffer.from("7"));
              channel.get("${queue}", { noAck: true }, (error, message) => {
                tell([error, message.content.toString()]);
                channel.consume("${queue}", (message) => tell(message.content.toString()), { noAck: true });
                channel.sendToQueue("${queue}", Buffer.from("8"));
              });
            });
          });
        });`,
    });
    await running.hasTold(2);
    expect(running.told).toEqual([[null, "7"], "8"]);
    const got = await running.sink.span(`receive ${queue}`);
    const processed = await running.sink.span(`process ${queue}`);
    const sent = await running.sink.until(({ spans }) => {
      const found = spans.filter(({ name }) => name === `send ${queue}`);
      return found.length === 2 && found;
    });
    expect(got.links.map(({ spanId }) => spanId)).toEqual([sent[0]?.spanId]);
    expect(processed.parentSpanId).toBe(sent[1]?.spanId);
  });
});
