/** Clients of Redis: each sends the same commands, and what is told of them is the same. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type AppSource, appStarter, MODULE_SYSTEMS } from "../instrumented-app.test-kit.ts";
import { type FakeRedis, startRedis } from "../redis-server.test-kit.ts";

const startApp = appStarter(afterEach);
let server: FakeRedis;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

/** Makes `client`, connected. */
const CLIENTS: Readonly<
  Record<string, { readonly imports: NonNullable<AppSource["imports"]>; readonly code: string }>
> = {
  ioredis: {
    imports: { "{ Redis }": "ioredis" },
    code: `const client = new Redis({ host: "127.0.0.1", port: PORT });`,
  },
  redis: {
    imports: { "{ createClient }": "redis" },
    code: `const client = await createClient({ socket: { host: "127.0.0.1", port: PORT } }).connect();`,
  },
};

describe.each(Object.keys(CLIENTS))("%s", (name) => {
  const start = (modules: (typeof MODULE_SYSTEMS)[number], tasks: string): ReturnType<typeof startApp> =>
    startApp({
      modules,
      imports: { ...CLIENTS[name]?.imports, "{ trace }": "@opentelemetry/api" },
      code: `${CLIENTS[name]?.code.replace("PORT", String(server.port)) ?? ""}
        const inSpan = (task) => trace.getTracer("app").startActiveSpan("work", async (span) => {
          try { return await task(); } finally { span.end(); }
        });
        ${tasks}`,
    });

  test.each(MODULE_SYSTEMS)(
    "in %s, a command has a client span with its key and none of its values",
    async (modules) => {
      const app = await start(
        modules,
        `tell(await inSpan(async () => { await client.set("user:7", "secret"); return await client.get("user:7"); }));`,
      );
      expect(app.told).toEqual(["secret"]);
      const set = await app.sink.span("SET");
      const get = await app.sink.span("GET");
      const work = await app.sink.span("work");
      expect([set.parentSpanId, get.parentSpanId]).toEqual([work.spanId, work.spanId]);
      expect(set).toMatchObject({ kind: 3, status: { code: 0 } });
      expect(set.attributes).toEqual({
        "db.system.name": "redis",
        "db.namespace": "0",
        "db.operation.name": "SET",
        "db.query.text": "SET user:7 ?",
        "server.address": "127.0.0.1",
        "server.port": server.port,
      });
      const point = await app.sink.until(({ points }) =>
        points.find(
          ({ metric, attributes }) =>
            metric === "db.client.operation.duration" && attributes["db.operation.name"] === "GET",
        ),
      );
      expect(point).toMatchObject({ unit: "s", count: 1 });
    },
  );

  test("a command that fails is told on the span, and rejects as it did", async () => {
    const app = await start(
      "ESM",
      `tell(await inSpan(() => client.get("wrong").then(() => "none", (error) => error.message)));`,
    );
    expect(app.told).toEqual(["ERR wrong kind of value"]);
    const span = await app.sink.span("GET");
    expect(span).toMatchObject({ status: { code: 2, message: "ERR wrong kind of value" } });
    expect(span.events).toHaveLength(1);
  });

  test("a rejection that nobody handles is still one", async () => {
    const app = await start(
      "ESM",
      `process.once("unhandledRejection", (error) => tell(error.message)); client.get("wrong");`,
    );
    expect(app.told).toEqual(["ERR wrong kind of value"]);
  });
});
