/** ClickHouse's HTTP interface as its own client, and plain HTTP, see it. */
import { createClient, type ClickHouseClient, type ClickHouseClientConfigOptions } from "@clickhouse/client";
import { encode, payloadOf, PROTOCOLS } from "@clew/otlp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore, type RunningStore } from "../../../store/src/running-store.test-kit.ts";
import { listen, type ListeningServer } from "../http-server.ts";
import { clickHouseProxy } from "./clickhouse-proxy.ts";

const servers: ListeningServer[] = [];
const clients: ClickHouseClient[] = [];
let running: RunningStore;
let url: string;
let client: ClickHouseClient;

beforeAll(async () => {
  running = await openStore();
  const logRecords = ["one", "two"].map((stringValue) => ({
    timeUnixNano: 1_760_000_000_000_000_000n,
    body: { stringValue },
  }));
  const request = { resourceLogs: [{ scopeLogs: [{ logRecords }] }] };
  await running.store.write(payloadOf("logs", encode(PROTOCOLS.logs.request, request)));
  await running.store.flush();
  url = await serve();
  client = clientOf({ url });
});

afterAll(async () => {
  for (const one of clients) await one.close();
  for (const server of servers) await server.close();
  await running.stop();
});

async function serve({ token, mayWrite = false }: { token?: string; mayWrite?: boolean } = {}): Promise<string> {
  const endpoint = running.store.visitorEndpoint(mayWrite);
  const access = { token, loopback: token === undefined };
  const server = await listen(clickHouseProxy({ endpoint, access, mayWrite }), "127.0.0.1", 0);
  servers.push(server);
  return `http://127.0.0.1:${server.port}`;
}

function clientOf(options: ClickHouseClientConfigOptions): ClickHouseClient {
  const one = createClient({ log: { level: 127 }, ...options });
  clients.push(one);
  return one;
}

async function rowsOf(query: string, from = client): Promise<unknown[]> {
  return (await from.query({ query, format: "JSONCompactEachRow" })).json();
}

test("a client that says nothing of itself reads what is stored, and what the engine tells of itself", async () => {
  expect(await rowsOf("SELECT Body FROM otel_logs ORDER BY Body")).toEqual([["one"], ["two"]]);
  expect(await rowsOf("SELECT count() > 0 FROM system.tables WHERE database = 'clew'")).toEqual([[1]]);
  expect(await rowsOf("SELECT count() > 0 FROM information_schema.tables")).toEqual([[1]]);
});

test.each([
  ["an insert", "INSERT INTO otel_logs (Body) VALUES ('x')"],
  ["a table made", "CREATE TABLE mine (a Int8) ENGINE = Memory"],
  ["a table dropped", "DROP TABLE otel_logs"],
  ["an end of listening", "SYSTEM STOP LISTEN HTTP"],
  ["a command to the engine", "SYSTEM STOP MERGES otel_logs"],
])("%s is refused", async (_name, query) => {
  await expect(client.command({ query })).rejects.toMatchObject({ code: expect.stringMatching(/^(164|497)$/) });
});

test.each([
  ["a file of this machine", "SELECT * FROM file('/etc/hostname', LineAsString)"],
  ["a file by its name alone", "SELECT * FROM default.`/etc/hostname`"],
  ["another server", `SELECT * FROM url('http://127.0.0.1:1/', LineAsString)`],
  ["another ClickHouse", "SELECT * FROM remote('127.0.0.1:1', system.one)"],
])("%s can't be read through it", async (_name, query) => {
  await expect(rowsOf(query)).rejects.toMatchObject({ code: expect.stringMatching(/^(497|164|60|291)$/) });
});

test("settings of a request hold within limits, and can't lift what protects", async () => {
  const ask = (clickhouse_settings: Record<string, string | number>): Promise<unknown> =>
    client.query({ query: "SELECT number FROM numbers(10)", clickhouse_settings });
  await ask({ max_result_rows: "10" });
  await expect(ask({ max_result_rows: "9", result_overflow_mode: "throw" })).rejects.toMatchObject({ code: "396" });
  await expect(ask({ max_execution_time: 100_000 })).rejects.toMatchObject({ code: "452" });
  await expect(
    client.command({ query: "DROP TABLE otel_logs", clickhouse_settings: { readonly: "0" } }),
  ).rejects.toMatchObject({
    code: expect.stringMatching(/^(164|497)$/),
  });
  await expect(rowsOf("SELECT number FROM numbers(2000000)")).rejects.toMatchObject({ code: "396" });
});

test("answers come compressed, in any format, with ClickHouse's headers", async () => {
  const compressed = clientOf({ url, compression: { response: true } });
  expect(await rowsOf("SELECT Body FROM otel_logs ORDER BY Body", compressed)).toEqual([["one"], ["two"]]);
  const response = await fetch(
    `${url}/?query=${encodeURIComponent("SELECT 1 AS a, 'x' AS b")}&default_format=CSVWithNames`,
  );
  expect(await response.text()).toBe('"a","b"\n1,"x"\n');
  expect(response.headers.get("x-clickhouse-format")).toBe("CSVWithNames");
  expect(JSON.parse(response.headers.get("x-clickhouse-summary") ?? "")).toMatchObject({ read_rows: "1" });
  const failed = await fetch(`${url}/?query=SELECT+nothing`);
  expect([failed.status, failed.headers.get("x-clickhouse-exception-code")]).toEqual([404, "47"]);
  expect(await (await fetch(`${url}/ping`)).text()).toBe("Ok.\n");
});

test("what Grafana's plugin asks first is answered, in Native blocks as its driver reads them", async () => {
  // As the Go driver does over HTTP: the query in the body, its protocol's version and block compression in parameters.
  const parameters = "default_format=Native&client_protocol_version=54460&compress=1&database=clew";
  const headers = { "X-ClickHouse-User": "default", "X-ClickHouse-Key": "" };
  for (const body of [
    "SELECT displayName(), version(), revision(), timezone()",
    "SELECT name FROM system.databases",
    "SELECT name FROM system.tables WHERE database = 'clew'",
    "DESC TABLE clew.otel_traces",
  ]) {
    const response = await fetch(`${url}/?${parameters}`, { method: "POST", headers, body });
    expect([body, response.status]).toEqual([body, 200]);
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(20);
  }
});

test("a session keeps its settings", async () => {
  const post = (body: string): Promise<Response> => fetch(`${url}/?session_id=mine`, { method: "POST", body });
  await post("SET max_block_size = 77");
  expect(await (await post("SELECT getSetting('max_block_size')")).text()).toBe("77\n");
});

test("a query that nobody waits for any more is stopped", async () => {
  const controller = new AbortController();
  const slow = fetch(`${url}/?query_id=forgotten&cancel_http_readonly_queries_on_client_close=1`, {
    method: "POST",
    body: "SELECT sleepEachRow(1) FROM numbers(50) SETTINGS max_block_size = 1",
    signal: controller.signal,
  });
  const count = async (): Promise<number> =>
    Number(
      await (
        await fetch(
          `${url}/?query=${encodeURIComponent("SELECT count() FROM system.processes WHERE query_id = 'forgotten'")}`,
        )
      ).text(),
    );
  await expect.poll(count).toBe(1);
  controller.abort();
  await expect(slow).rejects.toThrow("aborted");
  await expect.poll(count, { timeout: 10_000 }).toBe(0);
});

test("a web page of another host is refused, and so is a host's name that is not loopback's", async () => {
  const ask = (headers: Record<string, string>): Promise<Response> => fetch(`${url}/?query=SELECT+1`, { headers });
  expect((await ask({ Origin: "https://elsewhere.example" })).status).toBe(401);
  expect((await ask({ Origin: "http://localhost:3000" })).status).toBe(200);
});

test("off loopback the token is the password, wherever a client puts it", async () => {
  const guarded = await serve({ token: "the-token" });
  expect(await rowsOf("SELECT 1", clientOf({ url: guarded, username: "anyone", password: "the-token" }))).toEqual([
    [1],
  ]);
  const ask = async (query: string, headers: Record<string, string>): Promise<number> =>
    (await fetch(`${guarded}/?query=SELECT+1${query}`, { headers })).status;
  expect(await ask("", { "X-ClickHouse-User": "a", "X-ClickHouse-Key": "the-token" })).toBe(200);
  expect(await ask("", { Authorization: "Bearer the-token" })).toBe(200);
  expect(await ask("&user=a&password=the-token", {})).toBe(200);
  expect(await ask("", {})).toBe(401);
  await expect(rowsOf("SELECT 1", clientOf({ url: guarded, password: "wrong" }))).rejects.toMatchObject({
    code: "516",
  });
});

test("a server's own user, who may do everything, only reads through it", async () => {
  const endpoint = running.store.visitorEndpoint(true);
  const server = await listen(
    clickHouseProxy({ endpoint, access: { token: undefined, loopback: true }, mayWrite: false }),
    "127.0.0.1",
    0,
  );
  servers.push(server);
  const own = `http://127.0.0.1:${server.port}`;
  const codeOf = async (query: string, parameters = ""): Promise<string | null> =>
    (await fetch(`${own}/?${parameters}`, { method: "POST", body: query })).headers.get("x-clickhouse-exception-code");
  expect(await codeOf("SELECT count() FROM otel_logs")).toBeNull();
  expect(await codeOf("SELECT count() FROM otel_logs", "readonly=1")).toBeNull();
  for (const parameters of ["", "readonly=0", "readonly=0&readonly=0", "readonly=1&readonly=0"]) {
    expect([parameters, await codeOf("DROP TABLE otel_logs", parameters)]).toEqual([parameters, "164"]);
    expect([parameters, await codeOf("DROP TABLE otel_logs SETTINGS readonly = 0", parameters)]).not.toEqual([
      parameters,
      null,
    ]);
  }
  const form = new FormData();
  form.set("readonly", "0");
  form.set("query", "DROP TABLE otel_logs");
  for (const path of ["", "?query=DROP+TABLE+otel_logs"]) {
    const posted = await fetch(`${own}/${path}`, { method: "POST", body: form });
    expect([path, posted.headers.get("x-clickhouse-exception-code")]).toEqual([path, expect.stringMatching(/^\d+$/)]);
  }
  const encoded = new URLSearchParams({ readonly: "0", query: "DROP TABLE otel_logs" });
  expect((await fetch(`${own}/`, { method: "POST", body: encoded })).status).not.toBe(200);
  expect(await codeOf("SELECT count() FROM otel_logs")).toBeNull();
});

test("where writing is allowed, it is done", async () => {
  const writer = clientOf({ url: await serve({ mayWrite: true }) });
  await writer.command({ query: "CREATE TABLE mine (n UInt32) ENGINE = MergeTree ORDER BY n" });
  await writer.insert({ table: "mine", values: [{ n: 1 }, { n: 2 }], format: "JSONEachRow" });
  expect(await rowsOf("SELECT toUInt8(sum(n)) FROM mine", writer)).toEqual([[3]]);
});
