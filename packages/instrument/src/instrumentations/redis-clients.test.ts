/** Clients of Redis: each sends the same commands, and what is told of them is the same. */
import net from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { DatabaseServer } from "../database-servers.test-kit.ts";
import { type AppSource, appStarter, MODULE_SYSTEMS } from "../instrumented-app.test-kit.ts";
import { hasRedisServer, startRedisServer } from "../message-brokers.test-kit.ts";

const startApp = appStarter(afterEach);
const WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value";
let server: DatabaseServer;
beforeAll(async () => {
  if (!hasRedisServer()) return;
  server = await startRedisServer();
  await command(`RPUSH wrong "a list"`);
});
afterAll(() => server?.stop());

/** Resolves when the server has answered a command as people type it. */
function command(line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(server.port, "127.0.0.1", () => socket.write(`${line}\r\n`));
    socket.once("error", reject);
    socket.once("data", () => resolve(void socket.destroy()));
  });
}

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

describe.skipIf(!hasRedisServer()).each(Object.keys(CLIENTS))(
  "%s (skipped where redis-server is not installed)",
  (name) => {
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
      expect(app.told).toEqual([WRONG_TYPE]);
      const span = await app.sink.span("GET");
      expect(span).toMatchObject({ status: { code: 2, message: WRONG_TYPE } });
      expect(span.events).toHaveLength(1);
    });

    test("a rejection that nobody handles is still one", async () => {
      const app = await start(
        "ESM",
        `process.once("unhandledRejection", (error) => tell(error.message)); client.get("wrong");`,
      );
      expect(app.told).toEqual([WRONG_TYPE]);
    });
  },
);
