import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { DatabaseServer } from "../../database-servers.test-kit.ts";
import { type AppSource, appStarter, MODULE_SYSTEMS } from "../../instrumented-app.test-kit.ts";
import { hasKafka, startKafka } from "../../message-brokers.test-kit.ts";
import type { SentSpan, TelemetrySink } from "../../telemetry-sink.test-kit.ts";

const startApp = appStarter(afterEach);
const PRODUCER = 4;
const CONSUMER = 5;
const IMPORTS = { kafkajs: "kafkajs", "{ trace, context }": "@opentelemetry/api" };

function spansOf(sink: TelemetrySink, name: string, count: number): Promise<SentSpan[]> {
  return sink.until(({ spans }) => {
    const found = spans.filter((span) => span.name === name);
    return found.length >= count && found;
  });
}

describe.skipIf(!hasKafka())("kafkajs (skipped where Debian's kcat is not installed)", () => {
  let server: DatabaseServer;
  beforeAll(async () => {
    server = await startKafka();
  });
  afterAll(() => server.stop());

  const app = (code: string, more: Partial<AppSource> = {}): AppSource => ({
    imports: IMPORTS,
    code: `
      const kafka = new kafkajs.Kafka({
        brokers: ["127.0.0.1:${server.port}"], clientId: "app", logLevel: kafkajs.logLevel.NOTHING,
        retry: { initialRetryTime: 20, retries: 3 },
      });
      const tracer = trace.getTracer("app");
      ${code}`,
    ...more,
  });
  const producing = (code: string): string => `
    const producer = kafka.producer();
    await producer.connect();
    await tracer.startActiveSpan("checkout", async (span) => {
      ${code}
      span.end();
    });`;
  const consuming = (topic: string, config: string): string => `
    const consumer = kafka.consumer({ groupId: "packers of ${topic}" });
    await consumer.connect();
    await consumer.subscribe({ topic: "${topic}", fromBeginning: true });
    await consumer.run({ ${config} });
    tell("ready");`;

  test.each(MODULE_SYSTEMS)(
    "in %s: a message is processed in another process under the span that sent it",
    async (modules) => {
      const topic = `orders-${modules}`;
      const producer = await startApp(
        app(
          producing(`
            const message = { key: "k", value: "7", headers: { own: "yes" }, partition: 2 };
            const [{ partition, baseOffset }] = await producer.send({ topic: "${topic}", messages: [message] });
            tell([partition, baseOffset, Object.keys(message.headers)]);`),
          { modules },
        ),
      );
      const consumer = await startApp(
        app(
          consuming(
            topic,
            `eachMessage: async ({ message }) => {
              tracer.startSpan("pack").end();
              tell([message.value.toString(), message.headers.own.toString()]);
            }`,
          ),
          { modules },
        ),
      );
      expect(producer.told).toEqual([[2, "0", ["own"]]]);
      const sent = await producer.sink.span(`send ${topic}`);
      const checkout = await producer.sink.span("checkout");
      expect(sent).toMatchObject({ kind: PRODUCER, traceId: checkout.traceId, parentSpanId: checkout.spanId });
      expect(sent.attributes).toEqual({
        "messaging.system": "kafka",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": topic,
        "messaging.destination.partition.id": "2",
        "messaging.kafka.message.key": "k",
        "messaging.kafka.offset": 0,
        "server.address": "127.0.0.1",
        "server.port": expect.any(Number),
      });
      const processed = await consumer.sink.span(`process ${topic}`);
      expect(consumer.told).toContainEqual(["7", "yes"]);
      expect(processed).toMatchObject({ kind: CONSUMER, traceId: sent.traceId, parentSpanId: sent.spanId });
      expect(processed.attributes).toEqual({
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": topic,
        "messaging.destination.partition.id": "2",
        "messaging.consumer.group.name": `packers of ${topic}`,
        "messaging.kafka.message.key": "k",
        "messaging.kafka.offset": 0,
      });
      expect(await consumer.sink.span("pack")).toMatchObject({ parentSpanId: processed.spanId });
      const point = await producer.sink.until(({ points }) =>
        points.find(({ metric }) => metric === "messaging.client.sent.messages"),
      );
      expect(point).toMatchObject({
        unit: "{message}",
        value: 1,
        attributes: { "messaging.destination.name": topic, "server.address": "127.0.0.1" },
      });
    },
  );

  test("batches are processed in traces of their own, with a link to what sent each message", async () => {
    const producer = await startApp(
      app(
        producing(`
          await producer.send({ topic: "batched", messages: [{ value: "a", partition: 0 }, { value: "b", partition: 0 }] });
          await producer.sendBatch({ topicMessages: [{ topic: "batched", messages: [{ value: "c", partition: 0 }] }] });
          tell("sent");`),
      ),
    );
    const consumer = await startApp(
      app(consuming("batched", `eachBatch: async ({ batch }) => { tell(batch.messages.length); }`)),
    );
    const [first, second] = await spansOf(producer.sink, "send batched", 2);
    expect(first?.attributes["messaging.batch.message_count"]).toBe(2);
    const processed = await spansOf(consumer.sink, "process batched", 2);
    expect(consumer.told).toEqual(expect.arrayContaining([2, 1]));
    expect(processed[0]).toMatchObject({ kind: CONSUMER, parentSpanId: undefined });
    expect(processed[0]?.attributes["messaging.batch.message_count"]).toBe(2);
    expect(processed.map(({ links }) => links.map(({ spanId }) => spanId))).toEqual([
      [first?.spanId, first?.spanId],
      [second?.spanId],
    ]);
    expect(processed[0]?.traceId).not.toBe(first?.traceId);
  });

  test("what is sent in a transaction is beneath its span, which tells how it ended", async () => {
    const producer = await startApp(
      app(
        `
        // kcat's cluster says that broker 0 is its controller, and has brokers from 1 on.
        const { findBroker } = BrokerPool.prototype;
        BrokerPool.prototype.findBroker = function ({ nodeId }) {
          return findBroker.call(this, { nodeId: nodeId === 0 ? 1 : nodeId });
        };
        const producer = kafka.producer({ transactionalId: "t-1", maxInFlightRequests: 1, idempotent: true });
        await producer.connect();
        for (const end of ["commit", "abort"]) {
          const transaction = await producer.transaction();
          await transaction.send({ topic: "in-" + end, messages: [{ value: "a" }] });
          await transaction[end]();
        }
        tell("sent");`,
        { imports: { ...IMPORTS, BrokerPool: "kafkajs/src/cluster/brokerPool.js" } },
      ),
    );
    const [committed, aborted] = await spansOf(producer.sink, "transaction", 2);
    expect(committed?.attributes).toEqual({ "messaging.system": "kafka", "messaging.operation.name": "commit" });
    expect(aborted?.attributes["messaging.operation.name"]).toBe("abort");
    expect(await producer.sink.span("send in-commit")).toMatchObject({ parentSpanId: committed?.spanId });
    expect(await producer.sink.span("send in-abort")).toMatchObject({ parentSpanId: aborted?.spanId });
  });

  test("a message whose processing fails has the error, of which KafkaJS tells as it did", async () => {
    const producer = await startApp(
      app(producing(`await producer.send({ topic: "failing", messages: [{ value: null }] }); tell("sent");`)),
    );
    const consumer = await startApp(
      app(`
        ${consuming("failing", `eachMessage: async () => { throw new TypeError("no stock"); }`)}
        consumer.on(consumer.events.CRASH, ({ payload }) => tell(payload.error.cause?.message ?? payload.error.message));`),
    );
    const sent = await producer.sink.span("send failing");
    const failed = await consumer.sink.span("process failing");
    expect(failed).toMatchObject({ parentSpanId: sent.spanId, status: { code: 2, message: "no stock" } });
    expect(failed.attributes).toMatchObject({ "error.type": "TypeError", "messaging.kafka.message.tombstone": true });
    await consumer.hasTold(2);
    expect(consumer.told).toContain("no stock");
  });

  test("a call that fails has the error, and rejects as it did", async () => {
    const producer = await startApp(
      app(
        producing(`
          const failed = (promise) => promise.then(() => "none", ({ name, message }) => [name, message]);
          tell(await failed(producer.send({ topic: "", messages: [{ value: "a" }] })));
          tell(await failed(producer.send({ topic: "bad", messages: [{}] })));
          tell(await failed(producer.send({ topic: "bad" })));`),
      ),
    );
    await producer.hasTold(3);
    expect(producer.told).toEqual([
      ["KafkaJSNonRetriableError", "Invalid topic"],
      ["KafkaJSNonRetriableError", expect.stringContaining("Invalid message without value")],
      ["KafkaJSNonRetriableError", 'Invalid messages array [undefined] for topic "bad"'],
    ]);
    const span = await producer.sink.span("send bad");
    expect(span.attributes["error.type"]).toBe("KafkaJSNonRetriableError");
    expect(span.status.code).toBe(2);
  });
});
