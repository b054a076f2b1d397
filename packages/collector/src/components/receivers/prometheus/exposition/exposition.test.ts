import { isUtf8 } from "node:buffer";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Writer } from "@clew/otlp";
import { describe, expect, test } from "vitest";
import { parseFloatText } from "./float.ts";
import { parseProtobuf } from "./protobuf.ts";
import { parseSeries } from "./series.ts";
import type { ScrapeSink } from "./sink.ts";
import { parseOpenMetrics, parseText } from "./text.ts";

const DATA =
  process.env["CLEW_CONFORMANCE_DIR"] ?? join(import.meta.dirname, "../../../../../../../../shared/conformance");
const CONFORMANCE = join(DATA, "openmetrics");

const LENIENT = new Set(
  readFileSync(join(import.meta.dirname, "lenient-cases.txt"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#")),
);

/** Every call as a line. */
function collecting(): ScrapeSink & { readonly calls: unknown[] } {
  const calls: unknown[] = [];
  return {
    calls,
    type: (family, type) => void calls.push(["type", family, type]),
    help: (family, help) => void calls.push(["help", family, help]),
    unit: (family, unit) => void calls.push(["unit", family, unit]),
    sample(series, value, timestampMs, exemplar) {
      const labels = Object.fromEntries(parseSeries(series));
      calls.push(["sample", labels, value, timestampMs, exemplar]);
    },
    histogram: (series, histogram) =>
      void calls.push(["histogram", Object.fromEntries(parseSeries(series)), histogram]),
  };
}

function callsOf(parse: (page: string, sink: ScrapeSink) => void, page: string): unknown[] {
  const sink = collecting();
  parse(page, sink);
  return sink.calls;
}

test("reads the text format", () => {
  const page = `# A comment.
# HELP http_requests_total All\\nrequests. \\\\
# TYPE http_requests_total counter
http_requests_total{method="post",path="a\\"b\\\\c\\n}"} 1027 1395066363000
  http_requests_total { method = "get" , } 3

# TYPE nothing untyped
nothing NaN
{"dotted.name","a b"="c"} -Inf`;
  expect(callsOf(parseText, page)).toEqual([
    ["help", "http_requests_total", "All\nrequests. \\"],
    ["type", "http_requests_total", "counter"],
    ["sample", { __name__: "http_requests_total", method: "post", path: 'a"b\\c\n}' }, 1027, 1395066363000, undefined],
    ["sample", { __name__: "http_requests_total", method: "get" }, 3, undefined, undefined],
    ["type", "nothing", "unknown"],
    ["sample", { __name__: "nothing" }, NaN, undefined, undefined],
    ["sample", { __name__: "dotted.name", "a b": "c" }, -Infinity, undefined, undefined],
  ]);
});

test("reads OpenMetrics with exemplars", () => {
  const page = `# TYPE a_seconds counter
# UNIT a_seconds seconds
# HELP a_seconds All.
a_seconds_total{b="c"} 17.5 1.5 # {trace_id="x"} 0.25 1.25
a_seconds_created 1
# EOF
`;
  const exemplar = { labels: new Map([["trace_id", "x"]]), value: 0.25, timestampMs: 1_250 };
  expect(callsOf(parseOpenMetrics, page)).toEqual([
    ["type", "a_seconds", "counter"],
    ["unit", "a_seconds", "seconds"],
    ["help", "a_seconds", "All."],
    ["sample", { __name__: "a_seconds_total", b: "c" }, 17.5, 1_500, exemplar],
    ["sample", { __name__: "a_seconds_created" }, 1, undefined, undefined],
  ]);
});

test.each([
  ["a 1\nb one\n", 'line 2: expected value after metric, got "one"'],
  ["a 1 x\n", 'line 1: expected timestamp or new record, got "x"'],
  ['a{b="c" 1\n', "line 1: a label set is not closed"],
  ['a{b="c",b="d"} 1\n', 'label name "b" is not unique: invalid sample'],
  ["a 0x1p3\n", 'line 1: expected value after metric, got "0x1p3"'],
  ["# TYPE a wrong\n", 'line 1: invalid metric type "wrong"'],
])("text %j is refused: %s", (page, what) => {
  expect(() => callsOf(parseText, page)).toThrow(what);
});

test.each([
  ["a 1\n", "line 1: data does not end with # EOF"],
  ["a 1\n# EOF\nb 2\n", "line 3: unexpected data after # EOF"],
  ["a  1\n# EOF\n", 'line 1: expected value after metric, got ""'],
  ["# UNIT a seconds\n# EOF\n", 'line 1: unit "seconds" not a suffix of metric "a"'],
  ["a 1 NaN\n# EOF\n", "line 1: invalid timestamp NaN"],
])("OpenMetrics %j is refused: %s", (page, what) => {
  expect(() => callsOf(parseOpenMetrics, page)).toThrow(what);
});

test.each([
  ["12345", 12_345],
  ["-0.5e3", -500],
  [".5", 0.5],
  ["5.", 5],
  ["+Inf", Infinity],
  ["1_000", undefined],
  ["", undefined],
  ["0x10", undefined],
])("the number %j is %s", (text, value) => {
  expect(parseFloatText(text)).toBe(value);
});

test("reads protobuf with a native histogram", () => {
  const writer = new Writer();
  const family = writer.begin(1);
  writer.string(1, "h");
  writer.uint(3, 4);
  const metric = writer.begin(4);
  const histogram = writer.begin(7);
  writer.uint(1, 6);
  writer.double(2, 12.5);
  writer.sint32(5, 3);
  writer.double(6, 0.001);
  writer.uint(7, 1);
  for (const [offset, length] of [
    [2, 2],
    [1, 1],
  ] as const) {
    const span = writer.begin(12);
    writer.sint32(1, offset);
    writer.uint(2, length);
    writer.end(span);
  }
  for (const delta of [1, 1, -1]) writer.sint32(13, delta);
  writer.end(histogram);
  writer.end(metric);
  writer.end(family);
  const page = writer.finish().subarray(1);

  const sink = collecting();
  parseProtobuf(page, sink, { native: true, classicToo: false });
  const positive = {
    spans: [
      { offset: 2, length: 2 },
      { offset: 1, length: 1 },
    ],
    counts: [1, 2, 1],
  };
  const negative = { spans: [], counts: [] };
  expect(sink.calls).toContainEqual([
    "histogram",
    { __name__: "h" },
    { schema: 3, zeroThreshold: 0.001, zeroCount: 1, count: 6, sum: 12.5, positive, negative },
  ]);
  expect(() => parseProtobuf(page.subarray(0, 20), collecting(), { native: true, classicToo: false })).toThrow(
    "byte 1",
  );
});

const cases = existsSync(CONFORMANCE) ? readdirSync(CONFORMANCE) : [];

describe.skipIf(cases.length === 0)("OpenMetrics's own cases (CLEW_CONFORMANCE_DIR)", () => {
  const shouldParse = (name: string): boolean =>
    (JSON.parse(readFileSync(join(CONFORMANCE, name, "test.json"), "utf8")) as { shouldParse: boolean }).shouldParse;
  const page = (name: string): string => readFileSync(join(CONFORMANCE, name, "metrics"), "utf8");

  test.each(cases.filter(shouldParse))("%s is taken", (name) => {
    expect(callsOf(parseOpenMetrics, page(name))).toBeDefined();
  });

  test.each([...LENIENT])("%s is taken, as Prometheus takes it", (name) => {
    expect(callsOf(parseOpenMetrics, page(name))).toBeDefined();
  });

  test.each(cases.filter((name) => !shouldParse(name) && !LENIENT.has(name)))("%s is refused", (name) => {
    expect(() => callsOf(parseOpenMetrics, page(name))).toThrow(/line \d+|while parsing|not unique/);
  });
});

/** A page that must not parse, and what Prometheus says of it. Bytes that are no UTF-8 stand in Base64. */
interface BadPage {
  readonly input: string | readonly (string | { readonly base64: string })[];
  readonly err: string;
}

function badPages(name: string): readonly (readonly [page: string, problem: string])[] {
  const file = join(DATA, "prometheus/parser_cases", name);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  const pages = lines.map((line) => JSON.parse(line) as Partial<BadPage> & Pick<BadPage, "input">);
  return pages.flatMap(({ input, err }) => {
    // Cases about start times have no error: their pages can be read.
    if (err === undefined) return [];
    const pieces = typeof input === "string" ? [input] : input;
    const bytes = pieces.map((piece) =>
      typeof piece === "string" ? Buffer.from(piece) : Buffer.from(piece.base64, "base64"),
    );
    // What is no UTF-8 is taken, its characters replaced: pages come to the parser as text.
    const isText = isUtf8(Buffer.concat(bytes));
    return isText ? [[Buffer.concat(bytes).toString(), err] as const] : [];
  });
}

describe.each([
  ["text format", "prom_text.jsonl", parseText],
  ["OpenMetrics", "openmetrics_text.jsonl", parseOpenMetrics],
] as const)("Prometheus's own bad pages in %s", (_format, file, parse) => {
  const pages = badPages(file);
  test.skipIf(pages.length === 0)("are there (CLEW_CONFORMANCE_DIR)", () => {
    expect(pages.length).toBeGreaterThan(20);
  });

  test.each(pages.filter(([, problem]) => problem !== "EOF"))("%j is refused as Prometheus refuses it", (page) => {
    expect(() => callsOf(parse, page)).toThrow(/line \d+|while parsing|not unique/);
  });

  test.each(pages.filter(([, problem]) => problem === "EOF"))("%j is taken, though it says nothing", (page) => {
    expect(callsOf(parse, page)).toEqual([]);
  });
});
