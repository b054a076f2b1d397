/** What `/api/clew/v1/export` gives, in each format. */
import { systemClock } from "@clew/base";
import { encode, payloadOf, PROTOCOLS, toJson } from "@clew/otlp";
import { ExportReader } from "@clew/store";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore } from "../../../store/src/running-store.test-kit.ts";
import { listen } from "../http-server.ts";
import { startServer, type Json, type RunningServer } from "../running-server.test-kit.ts";
import { exportEndpoint } from "./export-endpoint.ts";

const START_MS = 1_760_000_000_000;
const START = BigInt(START_MS) * 1_000_000n;
const TRACE = "0af7651916cd43dd8448eb211c80319c";
let server: RunningServer;

const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
const id = (hex: string): Uint8Array => Buffer.from(hex, "hex");
const resource = { attributes: [text("service.name", "shop"), text("host.name", "h1")] };

beforeAll(async () => {
  server = await startServer();
  const root = {
    traceId: id(TRACE),
    spanId: id("00f067aa0ba902b7"),
    name: "GET /",
    kind: 2,
    startTimeUnixNano: START,
    endTimeUnixNano: START + 1_500_000n,
    attributes: [{ key: "n", value: { intValue: 9_223_372_036_854_775_807n } }],
    events: [
      { timeUnixNano: START + 1_000n, name: "plain" },
      { timeUnixNano: START + 2_000n, name: "with", attributes: [text("a", "b")] },
    ],
    status: { code: 2, message: "no" },
  };
  const child = {
    traceId: id(TRACE),
    spanId: id("00f067aa0ba902b8"),
    parentSpanId: id("00f067aa0ba902b7"),
    name: "ask",
    kind: 3,
    startTimeUnixNano: START + 10_000n,
    endTimeUnixNano: START + 10_100n,
    attributes: [text("peer.service", "stock"), text("network.peer.address", "10.0.0.2")],
    links: [{ traceId: id("000000000000000000000000000000ff"), spanId: id("00000000000000fe") }],
  };
  const later = { ...child, traceId: id(TRACE.replace("0", "1")), startTimeUnixNano: START + 3_600_000_000_000n };
  const scopeSpans = [{ scope: { name: "lib", version: "1" }, spans: [root, child, later] }];
  await server.send("traces", { resourceSpans: [{ resource, scopeSpans }] });
  const logRecords = [{ timeUnixNano: START, traceId: id(TRACE), body: { stringValue: "line" } }];
  await server.send("logs", { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] });
  const metric = { name: "m", gauge: { dataPoints: [{ timeUnixNano: START, asDouble: 0.5 }] } };
  await server.send("metrics", { resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [metric] }] }] });
});
afterAll(() => server.stop());

async function exported(query: string): Promise<{ status: number; type: string; body: Buffer }> {
  const response = await fetch(`${server.url}/api/clew/v1/export?${query}`);
  const type = response.headers.get("content-type") ?? "";
  return { status: response.status, type, body: Buffer.from(await response.arrayBuffer()) };
}

async function lines(query: string): Promise<Json[]> {
  const { body } = await exported(query);
  return body
    .toString()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Json);
}

const names = (requests: readonly Json[]): string[] =>
  requests.flatMap(({ resourceSpans }) => resourceSpans[0].scopeSpans[0].spans.map(({ name }: Json) => name));

test("without parameters, every span, as OTLP in JSON lines", async () => {
  expect(await exported("")).toMatchObject({ status: 200, type: "application/x-ndjson" });
  const found = await lines("");
  expect(names(found)).toEqual(["GET /", "ask", "ask"]);
  expect(found[0].resourceSpans[0]).toMatchObject({ resource, scopeSpans: [{ scope: { name: "lib", version: "1" } }] });
});

test("logs and metrics", async () => {
  const record = { timeUnixNano: `${START}`, traceId: TRACE, body: { stringValue: "line" } };
  expect(await lines("signal=logs")).toEqual([
    { resourceLogs: [{ resource, scopeLogs: [{ scope: {}, logRecords: [record] }] }] },
  ]);
  const metrics = [{ name: "m", gauge: { dataPoints: [{ timeUnixNano: `${START}`, asDouble: 0.5 }] } }];
  expect(await lines("signal=metrics")).toEqual([
    { resourceMetrics: [{ resource, scopeMetrics: [{ scope: {}, metrics }] }] },
  ]);
});

test("a window and trace ids choose", async () => {
  expect(names(await lines(`start=${START_MS + 1}`))).toEqual(["ask"]);
  expect(names(await lines(`end=${START_MS + 1}`))).toEqual(["GET /", "ask"]);
  expect(names(await lines(`traceId=${TRACE}`))).toEqual(["GET /", "ask"]);
  expect(await lines(`signal=logs&traceId=ff`)).toEqual([]);
});

test("as protobuf, each request stands behind its length", async () => {
  const { body } = await exported("format=otlp-proto");
  const length = body.readUInt32BE(0);
  expect(body).toHaveLength(4 + length);
  const payload = payloadOf("traces", body.subarray(4));
  expect(payload.counts.items).toBe(3);
  expect(toJson(PROTOCOLS.traces.request, body.subarray(4))).toEqual((await lines(""))[0]);
});

test("as Jaeger's document, whole traces", async () => {
  const { body } = await exported(`format=jaeger&traceId=${TRACE}`);
  const { data } = JSON.parse(body.toString()) as Json;
  expect(data).toMatchObject([
    {
      traceID: TRACE,
      processes: { p1: { serviceName: "shop" } },
      spans: [{ operationName: "GET /", duration: 1_500 }, {}],
    },
  ]);
  const all = JSON.parse((await exported("format=jaeger")).body.toString()) as Json;
  expect(all.data.map((trace: Json) => trace.spans.length)).toEqual([1, 2]);
});

test("as Jaeger's document, a trace is there once, and only if a span of it is in the window", async () => {
  const traces = async (query: string): Promise<number> => {
    const { body } = await exported(`format=jaeger&traceId=${TRACE}&traceId=${TRACE.slice(1)}&${query}`);
    return (JSON.parse(body.toString()) as { data: Json[] }).data.length;
  };
  expect(await traces("")).toBe(1);
  expect(await traces(`start=${START_MS}&end=${START_MS + 1}`)).toBe(1);
  expect(await traces(`start=${START_MS + 1}`)).toBe(0);
  expect(await traces(`end=${START_MS}`)).toBe(0);
});

test("as Zipkin's list", async () => {
  const { body } = await exported(`format=zipkin&traceId=${TRACE}`);
  const around = { "host.name": "h1", "otel.scope.name": "lib", "otel.scope.version": "1" };
  expect(JSON.parse(body.toString())).toEqual([
    {
      traceId: TRACE,
      id: "00f067aa0ba902b7",
      name: "GET /",
      kind: "SERVER",
      timestamp: START_MS * 1_000,
      duration: 1_500,
      localEndpoint: { serviceName: "shop" },
      annotations: [
        { timestamp: START_MS * 1_000 + 1, value: "plain" },
        { timestamp: START_MS * 1_000 + 2, value: 'with|{"a":"b"}|0' },
      ],
      tags: {
        ...around,
        n: "9223372036854775807",
        error: "true",
        "otel.status_code": "Error",
        "otel.status_description": "no",
      },
    },
    {
      traceId: TRACE,
      id: "00f067aa0ba902b8",
      parentId: "00f067aa0ba902b7",
      name: "ask",
      kind: "CLIENT",
      timestamp: START_MS * 1_000 + 10,
      duration: 1,
      localEndpoint: { serviceName: "shop" },
      remoteEndpoint: { serviceName: "stock", ipv4: "10.0.0.2" },
      tags: {
        ...around,
        "peer.service": "stock",
        "network.peer.address": "10.0.0.2",
        "otlp.link.0": "000000000000000000000000000000ff|00000000000000fe||{}|0",
      },
    },
  ]);
});

test.each(["jaeger", "zipkin"])("nothing at all as %s is still a document", async (format) => {
  const { body } = await exported(`format=${format}&traceId=ff`);
  const document = JSON.parse(body.toString()) as Json;
  expect(format === "jaeger" ? document.data : document).toEqual([]);
});

test.each([
  ["signal=profiles", "signal"],
  ["format=csv", "format"],
  ["format=zipkin&signal=logs", "format"],
  ["signal=metrics&traceId=1", "traceId"],
  ["traceId=x", "traceId"],
  ["start=now", "start"],
  ["start=2&end=1", "start"],
])("%s is refused by the parameter's name", async (query, path) => {
  const { status, body } = await exported(query);
  expect(status).toBe(400);
  expect(JSON.parse(body.toString())).toMatchObject({ error: { code: "QUERY_BAD_PARAMETER", path } });
});

test("where reading fails in the middle, the answer breaks off instead of looking whole", async () => {
  const running = await openStore();
  const exports = new ExportReader(running.store.client, { rows: 1, bytes: 1_000_000 });
  const app = exportEndpoint({ exports, clock: systemClock, flush: () => running.store.flush() });
  const listening = await listen(app, "127.0.0.1", 0);
  const spans = Array.from({ length: 500 }, (_unused, i) => ({ startTimeUnixNano: START + BigInt(i) }));
  const object = { resourceSpans: [{ scopeSpans: [{ spans }] }] };
  await running.store.write(payloadOf("traces", encode(PROTOCOLS.traces.request, object)));
  const response = await fetch(`http://127.0.0.1:${listening.port}/export`);
  const reader = response.body!.getReader();
  expect((await reader.read()).done).toBe(false);
  await running.store.client.command("RENAME TABLE otel_traces TO elsewhere");
  await expect(
    (async () => {
      while (!(await reader.read()).done);
    })(),
  ).rejects.toThrow("terminated");
  await listening.close();
  await running.stop();
});

test("what the engine takes too long to take in is not waited for, and that something may be missing is told", async () => {
  const running = await openStore();
  const object = { resourceSpans: [{ scopeSpans: [{ spans: [{ startTimeUnixNano: START }] }] }] };
  await running.store.write(payloadOf("traces", encode(PROTOCOLS.traces.request, object)));
  let wait = (): void => {};
  const waited = new Promise<void>((resolve) => (wait = resolve));
  const clock = {
    ...systemClock,
    after(_delayMs: number, task: () => void) {
      void waited.then(task);
      return () => {};
    },
  };
  const never = new Promise<void>(() => {});
  const app = exportEndpoint({ exports: new ExportReader(running.store.client), clock, flush: () => never });
  const answer = app.request("/export");
  wait();
  const response = await answer;
  expect(response.status).toBe(200);
  expect(response.headers.get("warning")).toContain("may be missing");
  expect(await response.text()).toBe("");
  expect((await fetch(`${server.url}/api/clew/v1/export`)).headers.get("warning")).toBeNull();
  await running.stop();
});
