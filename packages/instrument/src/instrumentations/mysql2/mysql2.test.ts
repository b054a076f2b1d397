import { afterEach, describe, expect, test } from "vitest";
import { hasMariaDb, startMariaDb } from "../../database-servers.test-kit.ts";
import { appStarter, MODULE_SYSTEMS } from "../../instrumented-app.test-kit.ts";

const startApp = appStarter(afterEach);

/** The library has a server too, which speaks the real protocol: it answers every query with one row, and refuses tables called `nowhere`. */
const SERVER = `
  const server = mysql.createServer();
  server.on("connection", (connection) => {
    connection.serverHandshake({ protocolVersion: 10, serverVersion: "8.0.0", connectionId: 1, statusFlags: 2, characterSet: 8, capabilityFlags: 0xffffff ^ 0x800 });
    connection.on("error", () => {});
    connection.on("query", (sql) => {
      if (sql.includes("nowhere")) connection.writeError({ code: 1146, message: "Table 'nowhere' doesn't exist" });
      else connection.writeTextResult([{ answer: 42 }], [{ catalog: "def", schema: "", table: "", orgTable: "", name: "answer", orgName: "answer", characterSet: 63, columnLength: 11, columnType: 3, flags: 0, decimals: 0 }]);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = server._server.address().port;
  const options = { host: "127.0.0.1", port, user: "root", database: "shop" };
  const inSpan = (task) => trace.getTracer("app").startActiveSpan("work", async (span) => {
    try { return await task(span); } finally { span.end(); }
  });`;

const IMPORTS = { mysql: "mysql2", promises: "mysql2/promise", "{ trace }": "@opentelemetry/api" };

/** Makes `query(sql)`, which resolves with the rows. */
const FORMS: Readonly<Record<string, string>> = {
  "a connection with callbacks": `
    const connection = mysql.createConnection(options);
    const query = (sql) => new Promise((resolve, reject) => connection.query(sql, (error, rows) => error ? reject(error) : resolve(rows)));`,
  "a pool with callbacks": `
    const pool = mysql.createPool(options);
    const query = (sql) => new Promise((resolve, reject) => pool.query(sql, (error, rows) => error ? reject(error) : resolve(rows)));`,
  "a connection with events": `
    const connection = mysql.createConnection(options);
    const query = (sql) => new Promise((resolve, reject) => { const rows = []; connection.query(sql).on("result", (row) => rows.push(row)).on("error", reject).on("end", () => resolve(rows)); });`,
  "a promise connection": `
    const connection = await promises.createConnection(options);
    const query = async (sql) => (await connection.query(sql))[0];`,
  "a promise pool": `
    const pool = promises.createPool(options);
    const query = async (sql) => (await pool.query(sql))[0];`,
};

describe.each(Object.entries(FORMS))("%s", (_, form) => {
  test.each(MODULE_SYSTEMS)("in %s, a query has a client span with its text sanitised", async (modules) => {
    const app = await startApp({
      modules,
      imports: IMPORTS,
      code: `${SERVER}${form}
        tell([port, await inSpan(() => query("SELECT answer FROM questions WHERE name = 'secret' AND kind = \\"secret\\""))]);`,
    });
    const [port, rows] = app.told[0] as [number, unknown];
    expect(rows).toEqual([{ answer: 42 }]);
    const span = await app.sink.span("SELECT questions");
    const work = await app.sink.span("work");
    expect(span).toMatchObject({ kind: 3, parentSpanId: work.spanId, status: { code: 0 } });
    expect(span.attributes).toEqual({
      "db.system.name": "mysql",
      "db.namespace": "shop",
      "db.query.text": "SELECT answer FROM questions WHERE name = ? AND kind = ?",
      "db.query.summary": "SELECT questions",
      "server.address": "127.0.0.1",
      "server.port": port,
    });
    expect(app.sink.spans).toHaveLength(2);
  });

  test("a query that fails has the server's code, and fails as it did, in its caller's context", async () => {
    const app = await startApp({
      imports: IMPORTS,
      code: `${SERVER}${form}
        tell(await inSpan((span) => query("DELETE FROM nowhere").then(() => "none", (error) => [error.errno, trace.getActiveSpan() === span])));`,
    });
    expect(app.told).toEqual([[1146, true]]);
    const span = await app.sink.span("DELETE nowhere");
    expect(span.status).toMatchObject({ code: 2, message: "Table 'nowhere' doesn't exist" });
    expect(span.attributes["error.type"]).toBeDefined();
  });
});

test.skipIf(!hasMariaDb())(
  "with a MariaDB (skipped where it is not installed), statements, prepared ones and errors have their spans",
  async ({ onTestFinished }) => {
    const server = await startMariaDb();
    onTestFinished(() => server.stop());
    const app = await startApp({
      imports: IMPORTS,
      code: `
        const connection = await promises.createConnection({ host: "127.0.0.1", port: ${server.port}, user: "root", database: "shop" });
        await connection.query("CREATE TABLE orders (id INT, note TEXT)");
        await connection.execute("INSERT INTO orders VALUES (?, ?)", [7, "secret"]);
        const [rows] = await connection.query("SELECT id FROM orders WHERE note = 'secret'");
        const error = await connection.query("SELECT 1 FROM nowhere").catch(({ code }) => code);
        tell([rows, error]);`,
    });
    expect(app.told).toEqual([[[{ id: 7 }], "ER_NO_SUCH_TABLE"]]);
    const insert = await app.sink.span("INSERT orders");
    expect(insert.attributes).toMatchObject({ "db.namespace": "shop", "server.port": server.port });
    expect(JSON.stringify(app.sink.spans)).not.toContain("secret");
    expect(await app.sink.span("SELECT orders")).toMatchObject({ status: { code: 0 } });
    expect(await app.sink.span("SELECT nowhere")).toMatchObject({ status: { code: 2 } });
  },
  30_000,
);
