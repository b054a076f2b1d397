/** Jaeger's and Clew's APIs, as clients see them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServer, type Json, type RunningServer } from "./running-server.test-kit.ts";

const START_MS = 1_760_000_000_000;
const START = BigInt(START_MS) * 1_000_000n;
const TRACE = "00000000000000000000000000000001";
const window = `start=${START_MS - 1_000}&end=${START_MS + 100_000}`;
const micros = `start=${START_MS - 1_000}000&end=${START_MS + 100_000}000`;
const rfc = `query.startTimeMin=${encodeURIComponent("2025-10-09T08:00:00Z")}&query.startTimeMax=2025-10-09T12:00:00.5Z`;

let server: RunningServer;

const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
const id = (hex: string): Uint8Array => Buffer.from(hex, "hex");

beforeAll(async () => {
  server = await startServer();
  const root = {
    traceId: id(TRACE),
    spanId: id("0000000000000001"),
    name: "HTTP GET /",
    kind: 2,
    startTimeUnixNano: START,
    endTimeUnixNano: START + 1_000_000_000n,
    traceState: "a=1",
    flags: 0x301,
    attributes: [
      text("http.route", "/"),
      { key: "ok", value: { boolValue: true } },
      { key: "n", value: { intValue: 42n } },
      { key: "share", value: { doubleValue: 0.5 } },
      { key: "bytes", value: { bytesValue: Uint8Array.of(0, 255) } },
      { key: "list", value: { arrayValue: { values: [{ stringValue: "x" }, { intValue: 1n }] } } },
      { key: "nothing", value: {} },
    ],
    events: [{ timeUnixNano: START + 1_000n, name: "exception", attributes: [text("exception.message", "no")] }],
    links: [{ traceId: id("000000000000000000000000000000ff"), spanId: id("00000000000000fe") }],
  };
  const child = {
    traceId: id(TRACE),
    spanId: id("0000000000000002"),
    parentSpanId: id("0000000000000001"),
    name: "reserve",
    kind: 3,
    startTimeUnixNano: START + 1_000_000n,
    endTimeUnixNano: START + 3_000_000n,
    status: { code: 2, message: "out of stock" },
  };
  const orphan = { ...child, spanId: id("0000000000000003"), parentSpanId: id("00000000000000aa"), status: {} };
  const scopeSpans = [{ scope: { name: "scope", version: "1" }, spans: [root, child, orphan] }];
  await server.send("traces", {
    resourceSpans: [{ resource: { attributes: [text("service.name", "frontend"), text("host", "h1")] }, scopeSpans }],
  });
  const logRecords = [1, 2, 3].map((n) => ({
    timeUnixNano: START + BigInt(n),
    severityNumber: 4 * n + 1,
    body: { stringValue: `line ${n} of three` },
    traceId: id(TRACE),
    spanId: id("0000000000000002"),
    attributes: [text("n", `${n}`)],
  }));
  await server.send("logs", {
    resourceLogs: [{ resource: { attributes: [text("service.name", "frontend")] }, scopeLogs: [{ logRecords }] }],
  });
  const gauge = { dataPoints: [{ timeUnixNano: START, asDouble: 1.5 }] };
  await server.send("metrics", {
    resourceMetrics: [
      {
        resource: { attributes: [text("service.name", "frontend")] },
        scopeMetrics: [{ metrics: [{ name: "room.temperature", unit: "Cel", gauge }] }],
      },
    ],
  });
});

afterAll(async () => {
  await server.stop();
});

describe("Jaeger's first API", () => {
  const found = async (path: string): Promise<Json[]> => (await server.get(path)).body.data;

  test("names the calls between services", async () => {
    const span = {
      traceId: id("00000000000000000000000000000009"),
      startTimeUnixNano: START,
      endTimeUnixNano: START + 5n,
    };
    const of = (service: string, kind: number, ids: object): object => ({
      resource: { attributes: [text("service.name", service)] },
      scopeSpans: [{ spans: [{ ...span, kind, ...ids }] }],
    });
    const other = await startServer();
    try {
      await other.send("traces", {
        resourceSpans: [
          of("cart", 2, { spanId: id("00000000000000c2"), parentSpanId: id("00000000000000c1") }),
          of("web", 3, { spanId: id("00000000000000c1") }),
        ],
      });
      expect(await other.get(`/api/dependencies?endTs=${START_MS + 1_000}&lookback=60000`)).toMatchObject({
        status: 200,
        body: { data: [{ parent: "web", child: "cart", callCount: 1 }] },
      });
      expect(await other.get("/api/dependencies?endTs=noon")).toMatchObject({ status: 400 });
    } finally {
      await other.stop();
    }
  });

  test("names services and operations", async () => {
    expect(await server.get("/api/services")).toEqual({
      status: 200,
      body: { data: ["frontend"], total: 1, limit: 0, offset: 0, errors: null },
    });
    expect(await found("/api/services/frontend/operations")).toEqual(["HTTP GET /", "reserve"]);
    expect(await found("/api/operations?service=frontend&spanKind=client")).toEqual([
      { name: "reserve", spanKind: "client" },
    ]);
  });

  test("gives a trace with its processes, tags, logs and references", async () => {
    const [trace] = await found(`/api/traces/${TRACE}`);
    expect(trace).toMatchObject({
      traceID: TRACE,
      processes: { p1: { serviceName: "frontend", tags: [{ key: "host", type: "string", value: "h1" }] } },
      warnings: null,
    });
    const [root, child] = trace.spans.toSorted((a: Json, b: Json) => (a.spanID < b.spanID ? -1 : 1));
    expect(root).toEqual({
      traceID: TRACE,
      spanID: "0000000000000001",
      flags: 1,
      operationName: "HTTP GET /",
      references: [
        { refType: "FOLLOWS_FROM", traceID: "000000000000000000000000000000ff", spanID: "00000000000000fe" },
      ],
      startTime: START_MS * 1_000,
      duration: 1_000_000,
      tags: [
        { key: "http.route", type: "string", value: "/" },
        { key: "ok", type: "bool", value: true },
        { key: "n", type: "int64", value: 42 },
        { key: "share", type: "float64", value: 0.5 },
        { key: "bytes", type: "binary", value: "AP8=" },
        { key: "list", type: "string", value: '["x",1]' },
        { key: "nothing", type: "string", value: "" },
        { key: "otel.scope.name", type: "string", value: "scope" },
        { key: "otel.scope.version", type: "string", value: "1" },
        { key: "span.kind", type: "string", value: "server" },
        { key: "w3c.tracestate", type: "string", value: "a=1" },
      ],
      logs: [
        {
          timestamp: START_MS * 1_000 + 1,
          fields: [
            { key: "event", type: "string", value: "exception" },
            { key: "exception.message", type: "string", value: "no" },
          ],
        },
      ],
      processID: "p1",
      warnings: null,
    });
    expect(child).toMatchObject({
      references: [{ refType: "CHILD_OF", traceID: TRACE, spanID: "0000000000000001" }],
      tags: expect.arrayContaining([
        { key: "error", type: "bool", value: true },
        { key: "otel.status_code", type: "string", value: "ERROR" },
        { key: "otel.status_description", type: "string", value: "out of stock" },
      ]),
    });
  });

  test.each([
    ["a service and a time", `service=frontend&${micros}`, 1],
    ["tags", `service=frontend&${micros}&tags=${encodeURIComponent('{"http.route":"/","ok":"true"}')}`, 1],
    ["a tag that is not so", `service=frontend&${micros}&tag=http.route:/no`, 0],
    ["errors", `service=frontend&${micros}&tag=error:true`, 1],
    ["a duration", `service=frontend&${micros}&minDuration=2s`, 0],
    ["ids", "traceID=1&traceID=2", 1],
  ])("searches by %s", async (_name, query, count) => {
    expect(await found(`/api/traces?${query}`)).toHaveLength(count);
  });

  test.each([
    ["/api/traces/abcd", 404, "trace not found"],
    ["/api/traces/xyz", 400, 'cannot parse traceID: "xyz" is not a hexadecimal id'],
    ["/api/traces", 400, "parameter 'service' is required"],
    ["/api/traces?traceID=zz", 400, 'cannot parse traceID param: "zz"'],
    [
      "/api/traces?service=a&start=x",
      400,
      `unable to parse param 'start': strconv.ParseInt: parsing "x": invalid syntax`,
    ],
    [
      "/api/traces?service=a&limit=x",
      400,
      `unable to parse param 'limit': strconv.ParseInt: parsing "x": invalid syntax`,
    ],
    ["/api/traces?service=a&minDuration=x", 400, `unable to parse param 'minDuration': time: invalid duration "x"`],
    ["/api/traces?service=a&minDuration=2s&maxDuration=1s", 400, "'maxDuration' should be greater than 'minDuration'"],
    ["/api/traces?service=a&tags={", 400, "malformed 'tags' parameter, cannot unmarshal JSON: {"],
    ["/api/traces?service=a&tag=x", 400, "malformed 'tag' parameter, expecting key:value, received: x"],
    ["/api/operations", 400, "parameter 'service' is required"],
  ])("answers %s with %d", async (path, code, msg) => {
    const answer = await server.get(path);
    expect(answer).toEqual({
      status: code,
      body: { data: null, total: 0, limit: 0, offset: 0, errors: [{ code, msg }] },
    });
  });
});

describe("Jaeger's third API", () => {
  test("answers in the shapes of Jaeger's own snapshots", async () => {
    expect((await server.get("/api/v3/services")).body).toEqual({ services: ["frontend"] });
    expect((await server.get("/api/v3/operations?service=frontend&span_kind=server")).body).toEqual({
      operations: [{ name: "HTTP GET /", spanKind: "server" }],
    });
    const trace = {
      result: {
        resourceSpans: [
          {
            resource: {},
            scopeSpans: [
              {
                scope: {},
                spans: expect.arrayContaining([
                  expect.objectContaining({
                    kind: 3,
                    name: "reserve",
                    spanId: "0000000000000002",
                    status: { code: 2, message: "out of stock" },
                    traceId: TRACE,
                  }),
                ]),
              },
            ],
          },
        ],
      },
    };
    expect((await server.get(`/api/v3/traces/${TRACE}`)).body).toMatchObject(trace);
    expect((await server.get(`/api/v3/traces?query.serviceName=frontend&${rfc}`)).body).toMatchObject(trace);
    expect((await server.get(`/api/v3/trace-summaries?query.service_name=frontend&${rfc}`)).body).toEqual({
      summaries: [
        {
          errorSpanCount: 1,
          maxEndTimeUnixNano: String(START + 1_000_000_000n),
          minStartTimeUnixNano: String(START),
          rootOperationName: "HTTP GET /",
          rootServiceName: "frontend",
          services: [{ errorSpanCount: 1, name: "frontend", spanCount: 3 }],
          spanCount: 3,
          traceId: TRACE,
        },
      ],
    });
  });

  test.each([
    ["/api/v3/traces/abcd", 404, "No traces found"],
    ["/api/v3/traces/xyz", 400, 'malformed parameter trace_id: "xyz" is not a hexadecimal id'],
    ["/api/v3/traces?query.service_name=a", 400, "query.start_time_min is required"],
    [
      `/api/v3/traces?query.start_time_min=x&query.start_time_max=y`,
      400,
      'malformed parameter query.start_time_min: parsing time "x"',
    ],
    [`/api/v3/traces?${rfc}&query.num_traces=x`, 400, 'malformed parameter query.search_depth: "x" is not a number'],
    [`/api/v3/traces?${rfc}&query.attributes=x`, 400, "malformed parameter query.attributes: x"],
    [
      `/api/v3/traces?${rfc}&query.duration_min=x`,
      400,
      `unable to parse param 'query.duration_min': time: invalid duration "x"`,
    ],
  ])("answers %s with %d", async (path, httpCode, message) => {
    expect(await server.get(path)).toEqual({ status: httpCode, body: { error: { httpCode, message } } });
  });
});

describe("Clew's API", () => {
  const api = (path: string): Promise<{ status: number; body: Json }> => server.get(`/api/clew/v1${path}`);

  test("tells what arrives, and from whom", async () => {
    const { body } = await api(`/overview?${window}&buckets=10`);
    expect(body.services).toEqual([
      {
        service: "frontend",
        spans: 3,
        requests: 1,
        errors: 0,
        p50Nanos: 1_000_000_000,
        p95Nanos: 1_000_000_000,
        p99Nanos: 1_000_000_000,
        logs: 3,
        errorLogs: 0,
        series: 1,
        lastSeenUnixNano: String(START + 1_000_000n),
      },
    ]);
    expect(body.activity).toEqual([expect.objectContaining({ spans: 3, errorSpans: 1, logs: 3, errorLogs: 0 })]);
    expect((await api(`/services/frontend/operations?${window}`)).body.operations).toEqual([
      expect.objectContaining({ name: "HTTP GET /", requests: 1, errors: 0 }),
    ]);
    expect((await api("/status")).body).toMatchObject({
      version: "1.2.3",
      store: { engineReady: true, spoolBytes: 0 },
    });
  });

  test("pages through traces, and gives a trace in columns", async () => {
    const { body } = await api(`/traces?${window}&limit=1&service=frontend&attr=http.route%3D/`);
    expect(body.traces).toMatchObject([{ traceId: TRACE, rootOperation: "HTTP GET /", spanCount: 3, errorCount: 1 }]);
    expect((await api(`/traces?${window}&limit=1&cursor=${body.cursor}`)).body).toEqual({ traces: [], cursor: null });
    expect((await api("/traces/1")).body).toEqual({
      traceId: TRACE,
      startUnixNano: String(START),
      spanCount: 3,
      services: ["frontend"],
      names: ["HTTP GET /", "reserve"],
      spans: {
        spanId: ["0000000000000001", "0000000000000002", "0000000000000003"],
        parent: [-1, 0, -2],
        service: [0, 0, 0],
        name: [0, 1, 1],
        kind: [2, 3, 3],
        status: [0, 2, 0],
        startOffsetNanos: [0, 1_000_000, 1_000_000],
        durationNanos: [1_000_000_000, 2_000_000, 2_000_000],
        events: [[1_000], [], []],
        links: [1, 0, 0],
      },
    });
    const span = (await api(`/traces/${TRACE}/spans/2`)).body;
    expect(span.resourceSpans[0].scopeSpans[0].spans).toMatchObject([{ name: "reserve", status: { code: 2 } }]);
  });

  test("pages through logs, counts them, and names who logged", async () => {
    const first = (await api(`/logs?${window}&limit=2&q=line&severity=5`)).body;
    const second = (await api(`/logs?${window}&limit=2&q=line&severity=5&cursor=${first.cursor}`)).body;
    expect([...first.records, ...second.records].map(({ bodyText }: Json) => bodyText)).toEqual([
      "line 3 of three",
      "line 2 of three",
      "line 1 of three",
    ]);
    expect(second.cursor).toBeNull();
    expect(first.records[0]).toMatchObject({
      id: first.records[0].id,
      timeUnixNano: String(START + 3n),
      service: "frontend",
      severityNumber: 13,
      body: { stringValue: "line 3 of three" },
      attributes: [{ key: "n", value: { stringValue: "3" } }],
      traceId: TRACE,
      resource: { attributes: [{ key: "service.name" }] },
    });
    const oldest = (await api(`/logs?${window}&order=asc&limit=1&spanId=0000000000000002&traceId=${TRACE}`)).body;
    expect(oldest.records[0].bodyText).toBe("line 1 of three");
    expect((await api(`/logs/histogram?${window}&buckets=1`)).body.buckets).toMatchObject([
      { counts: [0, 0, 1, 1, 1, 0, 0] },
    ]);
    expect((await api(`/logs/services?${window}`)).body).toEqual({ services: [{ name: "frontend", count: 3 }] });
  });

  test("lists metrics, and gives their points as they were sent", async () => {
    expect((await api(`/metrics?${window}`)).body.metrics).toMatchObject([
      {
        name: "room_temperature_celsius",
        otelName: "room.temperature",
        type: "gauge",
        unit: "Cel",
        services: ["frontend"],
        series: 1,
      },
    ]);
    const { resourceMetrics } = (await api(`/metrics/points?${window}&name=room.temperature`)).body;
    expect(resourceMetrics[0].scopeMetrics[0].metrics).toEqual([
      {
        name: "room.temperature",
        unit: "Cel",
        gauge: { dataPoints: [{ timeUnixNano: String(START), asDouble: 1.5 }] },
      },
    ]);
  });

  test.each([
    ["/traces/abcdef", 404, "NOT_FOUND"],
    ["/traces/abcdef/spans/1", 404, "NOT_FOUND"],
    ["/traces/xyz", 400, "QUERY_BAD_PARAMETER"],
    ["/traces?cursor=x", 400, "QUERY_BAD_PARAMETER"],
    ["/traces?kind=nine", 400, "QUERY_BAD_PARAMETER"],
    ["/traces?minDuration=soon", 400, "DURATION_INVALID"],
    [`/traces?${window}&attr=http.route=~(`, 400, "QUERY_BAD_PARAMETER"],
    ["/logs?cursor=1-2", 400, "QUERY_BAD_PARAMETER"],
    ["/logs?severity=1.5", 400, "QUERY_BAD_PARAMETER"],
    ["/logs?severity=-1", 400, "QUERY_BAD_PARAMETER"],
    ["/logs?start=2&end=1", 400, "QUERY_BAD_PARAMETER"],
    ["/logs?start=yesterday", 400, "QUERY_BAD_PARAMETER"],
    ["/logs?start=1e300&end=2e300", 400, "QUERY_BAD_PARAMETER"],
    ["/metrics/points", 400, "QUERY_BAD_PARAMETER"],
    ["/live?attr=a=~(", 400, "QUERY_BAD_PARAMETER"],
  ])("answers %s with %d", async (path, status, code) => {
    expect(await api(path)).toMatchObject({ status, body: { error: { code, message: expect.any(String) } } });
  });
});
