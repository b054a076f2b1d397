import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type AppSource, appStarter, MODULE_SYSTEMS } from "../../instrumented-app.test-kit.ts";
import { type MongoServer, startMongo } from "../../mongodb-server.test-kit.ts";
import { textOfCommand } from "./command-text.ts";

const startApp = appStarter(afterEach);
const CLIENT = 3;
const VERSIONS = [
  ["6", { mongodb: "mongodb6" }],
  ["7", {}],
] as const;
const CASES = VERSIONS.flatMap(([version, aliases]) =>
  MODULE_SYSTEMS.map((modules) => ({ version, modules, aliases })),
);

let server: MongoServer;
beforeAll(async () => {
  server = await startMongo();
});
afterAll(() => server.stop());

const app = (code: string, more: Partial<AppSource> = {}): AppSource => ({
  imports: { "{ MongoClient }": "mongodb", "{ trace, context }": "@opentelemetry/api" },
  code: `
    const tracer = trace.getTracer("app");
    const client = new MongoClient("mongodb://127.0.0.1:${server.port}/?directConnection=true", { maxPoolSize: 1 });
    const orders = client.db("shop").collection("orders-" + process.pid);
    ${code}`,
  ...more,
});

test.each(CASES)(
  "version $version in $modules: a command has a client span under the active one, with its text sanitised",
  async ({ modules, aliases }) => {
    const running = await startApp(
      app(
        `await tracer.startActiveSpan("work", async (span) => {
          await orders.insertMany([{ _id: 1, article: "secret" }, { _id: 2, article: "other" }]);
          const found = await orders.find({ article: "secret", _id: { $in: [1, 2, 3] } }).toArray();
          tell([orders.collectionName, found.length]);
          span.end();
        });`,
        { modules, aliases },
      ),
    );
    const [[collection]] = running.told as [[string]];
    const work = await running.sink.span("work");
    const inserted = await running.sink.span(`insert ${collection}`);
    expect(inserted).toMatchObject({ kind: CLIENT, traceId: work.traceId, parentSpanId: work.spanId });
    expect(inserted.attributes).toEqual({
      "db.system.name": "mongodb",
      "db.namespace": "shop",
      "db.collection.name": collection,
      "db.operation.name": "insert",
      "db.operation.batch.size": 2,
      "db.query.text": expect.stringContaining(`"documents":[{"_id":"?","article":"?"}]`),
      "server.address": "127.0.0.1",
      "server.port": server.port,
    });
    const found = await running.sink.span(`find ${collection}`);
    expect(found.parentSpanId).toBe(work.spanId);
    expect(found.attributes["db.query.text"]).toBe(
      `{"find":"${collection}","filter":{"article":"?","_id":{"$in":["?"]}}}`,
    );
    expect(running.sink.spans.map(({ name }) => name).toSorted((a, b) => a.localeCompare(b))).toEqual([
      `find ${collection}`,
      `insert ${collection}`,
      "work",
    ]);
    const point = await running.sink.until(({ points }) =>
      points.find(({ metric }) => metric === "db.client.operation.duration"),
    );
    expect(point).toMatchObject({ unit: "s", attributes: { "db.system.name": "mongodb", "db.namespace": "shop" } });
  },
);

test.each(VERSIONS)(
  "version %s: a refused command and a refused write have the error and its code, and reject as they did",
  async (_version, aliases) => {
    const running = await startApp(
      app(
        `const failed = (promise) => promise.then(() => "none", ({ name, code }) => [name, code]);
        await orders.insertOne({ _id: 1 });
        tell(orders.collectionName);
        tell(await failed(orders.insertOne({ _id: 1 })));
        tell(await failed(client.db("shop").command({ frobnicate: 1 })));`,
        { aliases },
      ),
    );
    await running.hasTold(3);
    const [collection, ...errors] = running.told as [string, ...unknown[]];
    expect(errors).toEqual([
      ["MongoServerError", 11_000],
      ["MongoServerError", 59],
    ]);
    const refused = await running.sink.until(({ spans }) =>
      spans.find(({ name, status }) => name === `insert ${collection}` && status.code === 2),
    );
    expect(refused.status.message).toBe("E11000 duplicate key");
    expect(refused.attributes).toMatchObject({ "error.type": "11000", "db.response.status_code": "11000" });
    const unknown = await running.sink.span("frobnicate shop");
    expect(unknown.status).toEqual({ code: 2, message: "no such command: 'frobnicate'" });
    expect(unknown.attributes).toMatchObject({ "error.type": "59", "db.response.status_code": "59" });
    expect(unknown.attributes["db.collection.name"]).toBeUndefined();
  },
);

test("commands that wait for one connection have the spans of their callers as parents", async () => {
  const running = await startApp(
    app(`
      const one = (name) => tracer.startActiveSpan(name, async (span) => {
        await orders.findOne({ name });
        const isActive = trace.getSpan(context.active()) === span;
        span.end();
        return isActive;
      });
      tell(await Promise.all(["a", "b", "c"].map(one)));`),
  );
  expect(running.told).toEqual([[true, true, true]]);
  const spans = await running.sink.until(({ spans }) => spans.length === 6 && spans);
  const parents = spans
    .filter(({ name }) => name.startsWith("find "))
    .map(({ parentSpanId }) => spans.find(({ spanId }) => spanId === parentSpanId)?.name);
  expect(parents.toSorted((a = "", b = "") => a.localeCompare(b))).toEqual(["a", "b", "c"]);
});

test("what a cursor fetches later is named for its collection", async () => {
  const running = await startApp(
    app(`
      await orders.insertMany([{ _id: 1 }, { _id: 2 }]);
      const cursor = orders.find({}, { batchSize: 1 });
      tell([orders.collectionName, (await cursor.toArray()).length]);`),
  );
  const [[collection, count]] = running.told as [[string, number]];
  expect(count).toBe(2);
  const more = await running.sink.span(`getMore ${collection}`);
  expect(more.attributes).toMatchObject({ "db.operation.name": "getMore", "db.collection.name": collection });
});

test("a command of any shape has a text without a value of it, and of bounded length", () => {
  const deep = (depth: number): object => (depth === 0 ? { secret: "secret" } : { a: deep(depth - 1) });
  const command = {
    aggregate: "orders",
    pipeline: [{ $match: { at: new Date(0), id: Buffer.from("secret") } }, { $group: { _id: "$secret" } }],
    deep: deep(50),
    wide: Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`key${index}`, "secret"])),
    lsid: { id: "secret" },
    $db: "shop",
  };
  const text = textOfCommand(command, "aggregate");
  expect(text).toContain(`"pipeline":[{"$match":{"at":"?","id":"?"}},{"$group":{"_id":"?"}}]`);
  expect(text).not.toContain("secret");
  expect(text.length).toBeLessThan(10_000);
});
