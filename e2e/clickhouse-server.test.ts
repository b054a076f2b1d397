/** `clew up --clickhouse`: one program takes telemetry in, another answers, and ClickHouse is a third one's. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createClient } from "@clickhouse/client";
import { encode, PROTOCOLS } from "@clew/otlp";
import { afterAll, expect, test } from "vitest";
import { requestV1 } from "../packages/server/src/remote-write/remote-write.test-kit.ts";
import { eventually, getJson, startClew, temporaryDirectory, type RunningClew } from "./running-clew.test-kit.ts";

const CLEW = fileURLToPath(new URL("../packages/clew/bin/clew.js", import.meta.url));
const directories = [temporaryDirectory(), temporaryDirectory(), temporaryDirectory()];
const [serverData, ingestData, queryData] = directories.map(({ path }) => path) as [string, string, string];
const running: RunningClew[] = [];

afterAll(async () => {
  for (const one of running.toReversed()) await one.stop();
  for (const directory of directories) directory.remove();
});

async function start(data: string, args: readonly string[]): Promise<RunningClew> {
  const one = await startClew(data, args);
  running.push(one);
  return one;
}

async function sendTrace(clew: RunningClew, id: string): Promise<number> {
  const spans = [
    {
      traceId: Buffer.from(id.padStart(32, "0"), "hex"),
      spanId: Buffer.from("0000000000000001", "hex"),
      name: `span of ${id}`,
      startTimeUnixNano: BigInt(Date.now()) * 1_000_000n,
      endTimeUnixNano: BigInt(Date.now()) * 1_000_000n + 5n,
    },
  ];
  const body = encode(PROTOCOLS.traces.request, { resourceSpans: [{ scopeSpans: [{ spans }] }] });
  const headers = { "Content-Type": "application/x-protobuf" };
  return (await fetch(`${clew.otlpHttp}/v1/traces`, { method: "POST", headers, body })).status;
}

test("a trace goes in at one program and comes out at another, by way of a ClickHouse server", async () => {
  // The embedded engine of a third one serves ClickHouse's own interface, and stands for a server here.
  const server = await start(serverData, ["--clickhouse-port", "0", "--clickhouse-access", "write"]);
  const url = `${server.clickhouse}/shared`;
  await expect(start(queryData, ["--clickhouse", url, "--role", "query"])).rejects.toThrow("STORE_FORMAT_OLDER");
  const ingest = await start(ingestData, ["--clickhouse", url, "--role", "ingest"]);
  const query = await start(queryData, ["--clickhouse", url, "--role", "query"]);
  expect([query.otlpHttp, ingest.prometheus]).toEqual(["", ""]);
  expect(await sendTrace(ingest, "abc")).toBe(200);
  const found = await eventually(
    async () =>
      (await fetch(`${query.ui}/api/traces/${"abc".padStart(32, "0")}`)).json() as Promise<{ data?: unknown[] }>,
    ({ data }) => data?.length === 1,
  );
  expect(JSON.stringify(found)).toContain("span of abc");
  expect((await fetch(`${ingest.ui}/api/traces/${"abc".padStart(32, "0")}`)).status).toBe(404);
  expect(await (await fetch(`${query.ui}/ready`)).text()).toMatch(/^ready \(server ClickHouse \d+\./);
});

test("remote write is taken where telemetry is, and only there", async () => {
  const [, ingest, query] = running as [RunningClew, RunningClew, RunningClew];
  const body = new Uint8Array(
    requestV1([{ labels: { __name__: "written" }, samples: [{ value: 7, timestamp: Date.now() }] }]),
  );
  const write = async (url: string): Promise<number> =>
    (await fetch(`${url}/api/v1/write`, { method: "POST", body })).status;
  expect([await write(ingest.ui), await write(query.ui), await write(query.prometheus)]).toEqual([204, 404, 404]);
  type Answer = { data: { result: { value: [number, string] }[] } };
  await eventually(
    () => getJson<Answer>(`${query.prometheus}/api/v1/query?query=written`),
    ({ data }) => data.result[0]?.value[1] === "7",
  );
});

test("while the server is away what comes in is acknowledged and waits; when it is back it is there once", async () => {
  const [server, ingest] = running as [RunningClew, RunningClew, RunningClew];
  const clickhousePort = new URL(server.clickhouse).port;
  await server.stop();
  expect(await sendTrace(ingest, "def")).toBe(200);
  expect((await fetch(`${ingest.ui}/ready`)).status).toBe(200);
  running[0] = await startClew(serverData, ["--clickhouse-port", clickhousePort, "--clickhouse-access", "write"]);
  const client = createClient({ url: `http://127.0.0.1:${clickhousePort}`, database: "shared" });
  const count = async (): Promise<string> => {
    const result = await client.query({
      query: "SELECT count() FROM otel_traces WHERE SpanName = 'span of def'",
      format: "TabSeparated",
    });
    return (await result.text()).trim();
  };
  await eventually(count, (answer) => answer === "1");
  await client.close();
});

test("clew migrate copies what a directory has to the server, once", async () => {
  const local = temporaryDirectory();
  const laptop = await startClew(local.path);
  expect(await sendTrace(laptop, "123")).toBe(200);
  await laptop.stop();
  const url = `${running[0]?.clickhouse}/moved`;
  const migrate = (): ReturnType<typeof spawnSync> =>
    spawnSync(process.execPath, [CLEW, "migrate", "clickhouse", url, "--data", local.path], { encoding: "utf8" });
  const first = migrate();
  expect([first.stdout, first.status]).toEqual([expect.stringMatching(/^Moved 1 rows to http/), 0]);
  expect(first.stderr).toContain("otel_traces: 1 rows, verified");
  const second = migrate();
  expect([second.stderr, second.status]).toEqual([expect.stringContaining("MOVE_DONE"), 1]);
  const client = createClient({ url: running[0]?.clickhouse ?? "", database: "moved" });
  const result = await client.query({ query: "SELECT SpanName FROM otel_traces", format: "TabSeparated" });
  expect(await result.text()).toBe("span of 123\n");
  await client.close();
  local.remove();
});

test("a server that is not there is named, with what to do; so is a role without one", async () => {
  const url = "http://127.0.0.1:1/nowhere";
  await expect(startClew(queryData, ["--clickhouse", url])).rejects.toThrow(
    /STORE_ENGINE_FAILED\] http:\/\/127.0.0.1:1\/nowhere/,
  );
  await expect(startClew(queryData, ["--role", "query"])).rejects.toThrow(/USAGE\] --role/);
  await expect(startClew(queryData, ["--clickhouse", "tcp://host"])).rejects.toThrow(/CLICKHOUSE_URL_INVALID/);
});

test("the status tells what is behind", async () => {
  const query = running[2];
  expect(await getJson(`${query?.ui}/api/clew/v1/status`)).toMatchObject({ store: { engine: "server" } });
});
