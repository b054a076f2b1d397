import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type DatabaseServer, hasPostgres, startPostgres } from "../../database-servers.test-kit.ts";
import { appStarter, MODULE_SYSTEMS } from "../../instrumented-app.test-kit.ts";

const startApp = appStarter(afterEach);
const CLIENT = 3;
const IMPORTS = { pg: "pg", "{ trace, context }": "@opentelemetry/api" };

describe.skipIf(!hasPostgres())("pg (skipped where Debian's postgresql is not installed)", () => {
  let server: DatabaseServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  const connecting = (kind: "Client" | "Pool", options = ""): string =>
    `new pg.${kind}({ host: "127.0.0.1", port: ${server.port}, user: "postgres", database: "postgres", ${options} })`;

  describe.each(MODULE_SYSTEMS)("in %s", (modules) => {
    test("a query has a client span under the active one, with its text sanitised", async () => {
      const app = await startApp({
        modules,
        imports: IMPORTS,
        code: `
          const client = ${connecting("Client")};
          await client.connect();
          const { rows } = await trace.getTracer("app").startActiveSpan("work", async (span) => {
            const result = await client.query("SELECT oid, 'secret' AS word FROM pg_class WHERE relname = 'pg_class' LIMIT 1");
            span.end();
            return result;
          });
          tell(rows[0].word);`,
      });
      expect(app.told).toEqual(["secret"]);
      const span = await app.sink.span("SELECT pg_class");
      const work = await app.sink.span("work");
      expect(span).toMatchObject({
        kind: CLIENT,
        traceId: work.traceId,
        parentSpanId: work.spanId,
        status: { code: 0 },
      });
      expect(span.attributes).toEqual({
        "db.system.name": "postgresql",
        "db.namespace": "postgres",
        "db.query.text": "SELECT oid, ? AS word FROM pg_class WHERE relname = ? LIMIT ?",
        "db.query.summary": "SELECT pg_class",
        "server.address": "127.0.0.1",
        "server.port": server.port,
      });
      const point = await app.sink.until(({ points }) =>
        points.find(({ metric }) => metric === "db.client.operation.duration"),
      );
      expect(point).toMatchObject({ unit: "s", count: 1, attributes: { "db.query.summary": "SELECT pg_class" } });
    });

    test("a failed query has the error and PostgreSQL's code, and still rejects as it did", async () => {
      const app = await startApp({
        modules,
        imports: IMPORTS,
        code: `
          const client = ${connecting("Client")};
          await client.connect();
          tell(await client.query({ text: "SELECT * FROM nowhere" }).then(() => "none", (error) => [error.code, error.name]));`,
      });
      expect(app.told).toEqual([["42P01", "error"]]);
      const span = await app.sink.span("SELECT nowhere");
      expect(span.attributes).toMatchObject({ "error.type": "42P01", "db.response.status_code": "42P01" });
      expect(span.status).toEqual({ code: 2, message: 'relation "nowhere" does not exist' });
      expect(span.events[0]?.attributes["exception.message"]).toBe('relation "nowhere" does not exist');
    });

    test("callbacks are called in their caller's context, from a pool whose callers wait for each other", async () => {
      const app = await startApp({
        modules,
        imports: IMPORTS,
        code: `
          const pool = ${connecting("Pool", "max: 1")};
          const tracer = trace.getTracer("app");
          const one = (name) => new Promise((resolve, reject) => tracer.startActiveSpan(name, (span) =>
            pool.query("SELECT $1::text AS name", [name], (error, result) => {
              if (error) return reject(error);
              const active = trace.getSpan(context.active());
              span.end();
              resolve([result.rows[0].name, active === span]);
            })));
          tell(await Promise.all(["a", "b", "c"].map(one)));`,
      });
      expect(app.told[0]).toEqual([
        ["a", true],
        ["b", true],
        ["c", true],
      ]);
      const spans = await app.sink.until(({ spans }) => spans.length === 6 && spans);
      const parents = spans
        .filter(({ name }) => name === "SELECT")
        .map((query) => spans.find(({ spanId }) => spanId === query.parentSpanId)?.name);
      expect(parents.toSorted((a = "", b = "") => a.localeCompare(b))).toEqual(["a", "b", "c"]);
    });
  });

  test("a rejection that nobody handles still ends the process as Node has it", async () => {
    const app = await startApp({
      imports: IMPORTS,
      code: `
        const client = ${connecting("Client")};
        await client.connect();
        process.once("unhandledRejection", (error) => tell(error.message));
        client.query("SELECT * FROM nowhere");`,
    });
    expect(app.told).toEqual(['relation "nowhere" does not exist']);
  });
});
