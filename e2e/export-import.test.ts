/** `clew export` and `clew import`, as a user types them, between programs that run. */
import { execFile, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, getJson, startClew, temporaryDirectory, type RunningClew } from "./running-clew.test-kit.ts";

const PROGRAM = fileURLToPath(new URL("../packages/clew/bin/clew.js", import.meta.url));
const golden = (name: string): string => fileURLToPath(new URL(`telemetry-files/${name}`, import.meta.url));
const directories = [temporaryDirectory(), temporaryDirectory(), temporaryDirectory()];
const files = directories[2]!.path;
const fileAt = (name: string): string => join(files, name);
let clew: RunningClew;
let other: RunningClew;

beforeAll(async () => {
  [clew, other] = await Promise.all([startClew(directories[0]!.path), startClew(directories[1]!.path)]);
});
afterAll(async () => {
  await Promise.all([clew.stop(), other.stop()]);
  for (const directory of directories) directory.remove();
});

// oxlint-disable-next-line typescript/no-explicit-any -- the tests read into it by field names
type Json = any;

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

async function run(...args: readonly string[]): Promise<Ended> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [PROGRAM, ...args], { maxBuffer: 2 ** 27 });
    return { code: 0, out: stdout, error: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, error: stderr };
  }
}

const exportFrom = ({ ui }: RunningClew, ...args: readonly string[]): Promise<Ended> =>
  run("export", ...args, "--url", ui);
const importInto = ({ otlpHttp }: RunningClew, ...args: readonly string[]): Promise<Ended> =>
  run("import", ...args, "--endpoint", otlpHttp);

/** What was acknowledged before is in it. */
async function exported(from: RunningClew): Promise<string> {
  const { out } = await exportFrom(from, "-");
  return out;
}

const second = 1_760_000_000;
const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
const at = (nanos: number): string => `${second}${String(nanos).padStart(9, "0")}`;
const attributes = [
  { key: "empty", value: {} },
  { key: "bytes", value: { bytesValue: "AAH/" } },
  { key: "greatest", value: { intValue: "9223372036854775807" } },
  { key: "not a number", value: { doubleValue: "NaN" } },
  {
    key: "nested",
    value: { kvlistValue: { values: [{ key: "list", value: { arrayValue: { values: [{ boolValue: true }] } } }] } },
  },
];
const resource = { attributes: [text("service.name", "shop"), ...attributes], droppedAttributesCount: 1 };
const scope = { name: "scope", version: "v1", attributes };
const traceId = "5b8efff798038103d269b633813fc60c";
const span = {
  traceId,
  spanId: "eee19b7ec3c1b174",
  traceState: "a=1",
  name: "GET /",
  kind: 2,
  flags: 0x101,
  startTimeUnixNano: at(1),
  endTimeUnixNano: at(5_000_002),
  attributes,
  droppedAttributesCount: 2,
  events: [{ timeUnixNano: at(3), name: "event", attributes }],
  links: [{ traceId: "00000000000000000000000000000001", spanId: "0000000000000001", attributes, flags: 1 }],
  status: { code: 2, message: "no" },
};
const record = {
  timeUnixNano: at(4),
  observedTimeUnixNano: at(5),
  severityNumber: 9,
  body: { stringValue: "a\nb" },
  attributes,
  traceId,
};
const point = { attributes, startTimeUnixNano: at(0), timeUnixNano: at(6) };
const exemplar = { timeUnixNano: at(5), asDouble: 2.5, spanId: "eee19b7ec3c1b174", traceId };
const metrics = [
  { name: "g", unit: "s", gauge: { dataPoints: [{ ...point, asInt: "-9007199254740993" }] } },
  {
    name: "s",
    sum: {
      dataPoints: [{ ...point, asDouble: 0.5, exemplars: [exemplar] }],
      aggregationTemporality: 2,
      isMonotonic: true,
    },
  },
  {
    name: "h",
    histogram: {
      dataPoints: [{ ...point, count: "3", sum: 4.5, bucketCounts: ["1", "2"], explicitBounds: [0.1] }],
      aggregationTemporality: 1,
    },
  },
];
const sent = [
  { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: [span], schemaUrl: "s" }], schemaUrl: "r" }] },
  { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics, schemaUrl: "s" }], schemaUrl: "r" }] },
  { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: [record], schemaUrl: "s" }], schemaUrl: "r" }] },
];
const linesOf = (requests: readonly object[]): string => requests.map((one) => `${JSON.stringify(one)}\n`).join("");

/** Requests in one order, with a metric of its own for each: tables of points are exported one after the other. */
function parts(lines: string): unknown[] {
  const requests = lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, Json[]>);
  const flat = requests.flatMap(({ resourceSpans, resourceLogs, resourceMetrics = [] }) => [
    ...(resourceSpans ?? []),
    ...(resourceLogs ?? []),
    ...resourceMetrics.flatMap(({ scopeMetrics: [one], ...around }) =>
      one.metrics.map((metric: object) => ({ ...around, scopeMetrics: [{ ...one, metrics: [metric] }] })),
    ),
  ]);
  return flat.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

test("what was exported and imported elsewhere is exported there as it was sent", async () => {
  writeFileSync(fileAt("sent.jsonl"), linesOf(sent));
  expect(await importInto(clew, fileAt("sent.jsonl"))).toMatchObject({
    code: 0,
    out: "Imported 1 spans, 1 log records and 3 data points.\n",
  });
  const first = await exported(clew);
  expect(parts(first)).toEqual(parts(linesOf(sent)));
  expect(await exportFrom(clew, fileAt("all.jsonl.gz"))).toMatchObject({
    code: 0,
    out: expect.stringContaining("bytes to"),
  });
  expect(gunzipSync(readFileSync(fileAt("all.jsonl.gz"))).toString()).toBe(first);
  expect(await importInto(other, fileAt("all.jsonl.gz"))).toMatchObject({ code: 0 });
  expect(await exported(other)).toBe(first);
});

test("as protobuf, a file has one signal and is imported without being told which", async () => {
  expect(await exportFrom(clew, fileAt("x"), "--format", "otlp-proto")).toMatchObject({
    code: 1,
    error: expect.stringContaining("--signal"),
  });
  for (const [signal, out] of [
    ["traces", "Imported 1 spans, 0 log records and 0 data points.\n"],
    ["logs", "Imported 0 spans, 1 log records and 0 data points.\n"],
    ["metrics", "Imported 0 spans, 0 log records and 3 data points.\n"],
  ] as const) {
    const file = fileAt(`${signal}.binpb`);
    expect(await exportFrom(clew, file, "--format", "otlp-proto", "--signal", signal)).toMatchObject({ code: 0 });
    expect(await importInto(other, file)).toMatchObject({ code: 0, out });
  }
});

test("Jaeger's and Zipkin's files are imported, and exported as such files again", async () => {
  expect(await importInto(clew, golden("jaeger.json"), golden("zipkin.json"))).toMatchObject({
    code: 0,
    out: "Imported 5 spans, 0 log records and 0 data points.\n",
  });
  await eventually(
    () => getJson<{ data: string[] }>(`${clew.ui}/api/services`),
    ({ data }) => ["frontend", "mysql", "cron", "brave-webmvc"].every((name) => data.includes(name)),
  );
  const ids = ["7be2fd98d0973be3", "0af7651916cd43dd8448eb211c80319c"].flatMap((id) => ["--trace", id]);
  const jaeger = await exportFrom(clew, "-", "--format", "jaeger", ...ids);
  const { data } = JSON.parse(jaeger.out) as { data: Json[] };
  expect(data[0]).toMatchObject({
    traceID: "00000000000000007be2fd98d0973be3",
    spans: [
      {
        operationName: "HTTP GET /dispatch",
        startTime: 1_760_000_000_000_123,
        duration: 706_570,
        tags: expect.arrayContaining([
          { key: "sampler.param", type: "bool", value: true },
          { key: "load", type: "float64", value: 0.25 },
          { key: "raw", type: "binary", value: "AAH/" },
          { key: "span.kind", type: "string", value: "server" },
        ]),
        logs: [
          {
            timestamp: 1_760_000_000_000_200,
            fields: [{ value: "Searching for nearby drivers" }, { value: "728,326" }],
          },
        ],
      },
      {
        operationName: "SQL SELECT",
        references: [{ refType: "CHILD_OF", spanID: "7be2fd98d0973be3" }],
        duration: 300_000,
      },
    ],
    processes: { p1: { serviceName: "frontend" }, p2: { serviceName: "mysql" } },
  });
  expect(data[1].spans).toMatchObject([{ operationName: 'a job, [by itself] {"}' }]);
  const zipkin = await exportFrom(clew, "-", "--format", "zipkin", "--trace", "5982fe77008310cc80f1da5e10147517");
  const spans = (JSON.parse(zipkin.out) as Json[]).toSorted((one, another) => one.timestamp - another.timestamp);
  expect(spans).toMatchObject(JSON.parse(readFileSync(golden("zipkin.json"), "utf8")) as object[]);
  const own = JSON.parse((await exportFrom(clew, "-", "--format", "jaeger", "--trace", traceId)).out) as {
    data: Json[];
  };
  const greatest = { key: "greatest", type: "int64", value: "9223372036854775807" };
  expect(own.data[0].spans[0].tags).toContainEqual(greatest);
  writeFileSync(fileAt("jaeger.json"), jaeger.out);
  writeFileSync(fileAt("zipkin.json"), zipkin.out);
  expect(await importInto(other, fileAt("jaeger.json"), fileAt("zipkin.json"))).toMatchObject({
    code: 0,
    out: "Imported 5 spans, 0 log records and 0 data points.\n",
  });
});

test("a window, a signal and a trace choose what is exported", async () => {
  const spans = async (...args: readonly string[]): Promise<number> =>
    ((await exportFrom(clew, "-", ...args)).out.match(/"spanId":"eee19b7ec3c1b174","traceState"/g) ?? []).length;
  expect(await spans("--from", "2025-10-09T08:53:20Z", "--to", "2025-10-09T08:53:21Z")).toBe(1);
  expect(await spans("--to", "2025-10-09T08:53:20Z")).toBe(0);
  expect(await spans("--from", "1h")).toBe(0);
  expect(await spans("--signal", "logs")).toBe(0);
  expect(await spans("--trace", traceId)).toBe(1);
});

test("what can't be read is told with file and line, and the rest is imported", async () => {
  const good = linesOf(sent.slice(0, 1)).trim();
  writeFileSync(fileAt("torn.jsonl"), `${good}\nnonsense\n${good.slice(0, 200)}\n{"resourceSpans":7}\n${good}\n`);
  const torn = await importInto(other, fileAt("torn.jsonl"));
  expect(torn).toMatchObject({ code: 1, out: "Imported 2 spans, 0 log records and 0 data points.\n" });
  for (const line of [2, 3, 4]) expect(torn.error).toContain(`torn.jsonl: line ${line}: [`);
  expect(torn.error).toContain("IMPORT_REFUSED");
  const jaeger = readFileSync(golden("jaeger.json"), "utf8");
  writeFileSync(fileAt("torn.json"), jaeger.slice(0, jaeger.indexOf('"a job')));
  expect(await importInto(other, fileAt("torn.json"))).toMatchObject({
    code: 1,
    out: expect.stringContaining("Imported 2 spans"),
    error: expect.stringContaining("torn.json: line 55: it is cut off"),
  });
  writeFileSync(fileAt("torn.gz"), gzipSync(`${good}\n`.repeat(3)).subarray(0, -9));
  expect(await importInto(other, fileAt("torn.gz"))).toMatchObject({
    code: 1,
    error: expect.stringContaining("unexpected end of file"),
  });
  writeFileSync(fileAt("garbage"), Buffer.from([255, 254, 1, 2, 3, 4, 5]));
  expect(await importInto(other, fileAt("garbage"))).toMatchObject({
    code: 1,
    error: expect.stringContaining("begins like none of"),
  });
  writeFileSync(fileAt("nothing"), "");
  expect(await importInto(other, fileAt("nothing"))).toMatchObject({
    code: 1,
    error: expect.stringContaining("it is empty"),
  });
  expect(await importInto(other, fileAt("no-such-file"))).toMatchObject({
    code: 1,
    error: expect.stringContaining("FILE_UNREADABLE"),
  });
});

test("from one program to the other through a pipe", async () => {
  const from = spawn(process.execPath, [PROGRAM, "export", "-", "--url", clew.ui, "--signal", "logs"]);
  const into = spawn(process.execPath, [PROGRAM, "import", "-", "--endpoint", other.otlpHttp]);
  from.stdout.pipe(into.stdin);
  let out = "";
  into.stdout.on("data", (piece: Buffer) => (out += piece.toString()));
  expect(await new Promise((resolve) => into.once("close", resolve))).toBe(0);
  expect(out).toBe("Imported 0 spans, 1 log records and 0 data points.\n");
});

test("where no program runs, or what is asked makes no sense, is said", async () => {
  const nowhere = "http://127.0.0.1:9";
  expect(await run("export", "-", "--url", nowhere)).toMatchObject({
    code: 1,
    error: expect.stringContaining("CLEW_NOT_REACHED"),
  });
  expect(await run("import", golden("zipkin.json"), "--endpoint", nowhere)).toMatchObject({
    code: 1,
    error: expect.stringContaining("CLEW_NOT_REACHED"),
  });
  expect(await run("import", golden("zipkin.json"), "--endpoint", clew.ui)).toMatchObject({
    code: 1,
    error: expect.stringContaining("CLEW_NOT_REACHED"),
  });
  expect(await exportFrom(clew, join(files, "no", "such", "directory"))).toMatchObject({
    code: 1,
    error: expect.stringContaining("FILE_UNWRITABLE"),
  });
  for (const args of [
    ["export"],
    ["export", "a", "b"],
    ["export", "-", "--from", "soon"],
    ["export", "-", "--trace", "x"],
    ["import"],
    ["import", "-", "--format", "csv"],
  ])
    expect(await run(...args)).toMatchObject({ code: 1, error: expect.stringContaining("USAGE") });
});
