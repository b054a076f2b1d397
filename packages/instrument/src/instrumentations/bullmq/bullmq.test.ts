import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { DatabaseServer } from "../../database-servers.test-kit.ts";
import { type AppSource, appStarter, MODULE_SYSTEMS } from "../../instrumented-app.test-kit.ts";
import { hasRedisServer, startRedisServer } from "../../message-brokers.test-kit.ts";

const startApp = appStarter(afterEach);
const PRODUCER = 4;
const CONSUMER = 5;
const IMPORTS = { "{ Queue, Worker, FlowProducer }": "bullmq", "{ trace }": "@opentelemetry/api" };
const VERSIONS = [
  ["5", { bullmq: "bullmq5" }],
  ["6", {}],
] as const;
const CASES = VERSIONS.flatMap(([version, aliases]) =>
  MODULE_SYSTEMS.map((modules) => ({ version, modules, aliases })),
);

describe.skipIf(!hasRedisServer())("bullmq (skipped where Debian's redis-server is not installed)", () => {
  let server: DatabaseServer;
  let lastQueue = 0;
  beforeAll(async () => {
    server = await startRedisServer();
  });
  afterAll(() => server.stop());

  /** Adds jobs to a queue that nothing else uses. */
  const newQueue = (): string => `orders-${++lastQueue}`;
  const producing = (queue: string, code: string, more: Partial<AppSource> = {}): AppSource => ({
    imports: IMPORTS,
    code: `
      const connection = { host: "127.0.0.1", port: ${server.port} };
      const queue = new Queue("${queue}", { connection });
      await trace.getTracer("app").startActiveSpan("checkout", async (span) => {
        ${code}
        span.end();
      });`,
    ...more,
  });
  const working = (queue: string, processor: string, more: Partial<AppSource> = {}): AppSource => ({
    imports: IMPORTS,
    code: `
      const connection = { host: "127.0.0.1", port: ${server.port}, maxRetriesPerRequest: null };
      const worker = new Worker("${queue}", ${processor}, { connection });
      worker.on("failed", (job, error) => tell([error.name, error.message, job.attemptsMade]));
      await worker.waitUntilReady();
      tell("ready");`,
    ...more,
  });

  test.each(CASES)(
    "version $version in $modules: a job is processed in another process under the span that sent it",
    async ({ modules, aliases }) => {
      const queue = newQueue();
      const producer = await startApp(
        producing(queue, `tell((await queue.add("ship", { article: 7 }, { jobId: "job-1" })).data);`, {
          modules,
          aliases,
        }),
      );
      const worker = await startApp(
        working(
          queue,
          `async (job) => {
            trace.getTracer("app").startSpan("pack").end();
            tell([job.data, Object.keys(job.opts)]);
          }`,
          { modules, aliases },
        ),
      );
      await worker.hasTold(2);
      expect(producer.told).toEqual([{ article: 7 }]);
      expect(worker.told).toContainEqual([{ article: 7 }, expect.not.arrayContaining(["otelContext"])]);
      const sent = await producer.sink.span(`send ${queue}`);
      const checkout = await producer.sink.span("checkout");
      expect(sent).toMatchObject({ kind: PRODUCER, traceId: checkout.traceId, parentSpanId: checkout.spanId });
      expect(sent.attributes).toEqual({
        "messaging.system": "bullmq",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": queue,
        "messaging.message.id": "job-1",
        "bullmq.job.name": "ship",
        "server.address": "127.0.0.1",
        "server.port": server.port,
      });
      const processed = await worker.sink.span(`process ${queue}`);
      expect(processed).toMatchObject({ kind: CONSUMER, traceId: sent.traceId, parentSpanId: sent.spanId, links: [] });
      expect(processed.attributes).toEqual({
        "messaging.system": "bullmq",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": queue,
        "messaging.message.id": "job-1",
        "bullmq.job.name": "ship",
        "bullmq.job.attempts.made": 1,
        "server.address": "127.0.0.1",
        "server.port": server.port,
      });
      expect(await worker.sink.span("pack")).toMatchObject({ parentSpanId: processed.spanId });
      const point = await worker.sink.until(({ points }) =>
        points.find(({ metric }) => metric === "messaging.process.duration"),
      );
      expect(point).toMatchObject({ unit: "s", count: 1, attributes: { "messaging.destination.name": queue } });
    },
  );

  test("where links are chosen, the processing is a trace of its own with a link to what sent the job", async () => {
    const queue = newQueue();
    const producer = await startApp(producing(queue, `await queue.add("ship", {}); tell("added");`));
    const worker = await startApp(
      working(queue, `async () => {}`, { env: { OTEL_NODE_MESSAGING_CONSUMER_SPANS: "link" } }),
    );
    const sent = await producer.sink.span(`send ${queue}`);
    const processed = await worker.sink.span(`process ${queue}`);
    expect(processed).toMatchObject({
      parentSpanId: undefined,
      links: [{ traceId: sent.traceId, spanId: sent.spanId }],
    });
    expect(processed.traceId).not.toBe(sent.traceId);
  });

  test("every attempt at a job that fails has a span with the error, and the job fails as it did", async () => {
    const queue = newQueue();
    const producer = await startApp(producing(queue, `await queue.add("ship", {}, { attempts: 2 }); tell("added");`));
    const worker = await startApp(working(queue, `async () => { throw new TypeError("no stock"); }`));
    await worker.hasTold(3);
    expect(worker.told.filter((value) => value !== "ready")).toEqual([
      ["TypeError", "no stock", 1],
      ["TypeError", "no stock", 2],
    ]);
    const sent = await producer.sink.span(`send ${queue}`);
    const attempts = await worker.sink.until(({ spans }) => {
      const found = spans.filter(({ name }) => name === `process ${queue}`);
      return found.length === 2 && found;
    });
    for (const span of attempts) {
      expect(span).toMatchObject({ parentSpanId: sent.spanId, status: { code: 2, message: "no stock" } });
      expect(span.attributes["error.type"]).toBe("TypeError");
      expect(span.events).toMatchObject([{ name: "exception", attributes: { "exception.message": "no stock" } }]);
    }
    expect(attempts.map(({ attributes }) => attributes["bullmq.job.attempts.made"])).toEqual([1, 2]);
  });

  test("a job that is put off by its processor has not failed", async () => {
    const queue = newQueue();
    await startApp(producing(queue, `await queue.add("ship", {}); tell("added");`));
    const worker = await startApp(
      working(
        queue,
        `async (job, token) => {
          if (job.attemptsStarted > 1) return tell("done");
          await job.moveToDelayed(Date.now() + 1, token);
          throw new DelayedError();
        }`,
        { imports: { "{ Worker, DelayedError }": "bullmq" } },
      ),
    );
    await worker.hasTold(2);
    const spans = await worker.sink.until(({ spans }) => {
      const found = spans.filter(({ name }) => name === `process ${queue}`);
      return found.length === 2 && found;
    });
    expect(spans.map(({ status }) => status.code)).toEqual([0, 0]);
  });

  test("jobs that are added together have one span that sent them, and so have those of a flow", async () => {
    const queue = newQueue();
    const producer = await startApp(
      producing(
        queue,
        `await queue.addBulk([{ name: "a", data: {} }, { name: "b", data: {} }]);
        const flow = new FlowProducer({ connection });
        await flow.add({ name: "parent", queueName: "${queue}", children: [{ name: "child", queueName: "${queue}" }] });
        tell("added");`,
      ),
    );
    const worker = await startApp(working(queue, `async () => {}`));
    const sent = await producer.sink.until(({ spans }) => {
      const found = spans.filter(({ name }) => name === `send ${queue}`);
      return found.length === 2 && found;
    });
    expect(sent[0]?.attributes["messaging.batch.message_count"]).toBe(2);
    const processed = await worker.sink.until(({ spans }) => {
      const found = spans.filter(({ name }) => name === `process ${queue}`);
      return found.length === 4 && found;
    });
    const senderOf = Object.fromEntries(
      processed.map(({ attributes, parentSpanId }) => [
        attributes["bullmq.job.name"],
        sent.findIndex(({ spanId }) => spanId === parentSpanId),
      ]),
    );
    expect(senderOf).toEqual({ a: 0, b: 0, parent: 1, child: 1 });
  });

  test("a processor in a process of its own works under the span of the processing", async () => {
    const queue = newQueue();
    await startApp(producing(queue, `await queue.add("ship", {}); tell("added");`));
    const worker = await startApp(
      working(queue, `new URL("./node_modules/packing/pack.cjs", import.meta.url)`, {
        packages: {
          "packing/pack.cjs": `
            const { trace } = require("@opentelemetry/api");
            module.exports = async () => trace.getTracer("app").startSpan("pack").end();`,
        },
      }),
    );
    const processed = await worker.sink.span(`process ${queue}`);
    expect(await worker.sink.span("pack")).toMatchObject({
      traceId: processed.traceId,
      parentSpanId: processed.spanId,
    });
  });
});
