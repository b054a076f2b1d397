import { describe, expect, test } from "vitest";
import { histogramDescription } from "./histogram-description.ts";
import { parseMetric, parseSeriesDescription } from "./series-description.ts";

test.each([
  ["up", []],
  ["up 1 -2.5 +3e2  .5\t1_000 ", [1, -2.5, 300, 0.5, 1000]],
  ["up 1+2x3 5-1x2 7x1", [1, 3, 5, 7, 5, 4, 3, 7, 7]],
  ["up 1 _ stale _x2", [1, undefined, "stale", undefined, undefined]],
  ["up Inf -inf NaN", [Infinity, -Infinity, NaN]],
  ["up 010 0x3", [8, 0, 0, 0, 0]],
])("reads the values of %j", (line, samples) => {
  expect(parseSeriesDescription(line).samples).toEqual(samples);
});

test.each([
  ["{}", {}],
  ["sum", { __name__: "sum" }],
  ['a:b{c="d",}', { __name__: "a:b", c: "d" }],
  ['{"a.b", \'c.d\'=`e"`, f="}"}', { __name__: "a.b", "c.d": 'e"', f: "}" }],
])("reads the labels of %j", (metric, labels) => {
  expect(parseMetric(metric).toObject()).toEqual(labels);
  expect(parseSeriesDescription(`${metric} 1`).labels.toObject()).toEqual(labels);
});

test.each([
  "{{}}",
  "{{schema:1 count:4 sum:-5.5 z_bucket:1 z_bucket_w:0.001 counter_reset_hint:gauge offset:-3 buckets:[1 2] n_buckets:[1]}}",
  "{{schema:-53 count:3 sum:NaN custom_values:[5 10] buckets:[1 0 2]}}",
])("reads the histogram that is described as %s", (text) => {
  const { samples } = parseSeriesDescription(`{} ${text}`);
  expect(samples.map((sample) => typeof sample === "object" && histogramDescription(sample))).toEqual([text]);
});

test("counts histograms on by another one", () => {
  const { samples } = parseSeriesDescription("{} {{sum:1 buckets:[1]}}+{{sum:2 buckets:[0 1]}}x2 _ {{sum:9}}x1");
  expect(samples.map((sample) => (typeof sample === "object" ? histogramDescription(sample) : "_"))).toEqual([
    "{{sum:1 buckets:[1]}}",
    "{{sum:3 buckets:[1 1]}}",
    "{{sum:5 buckets:[1 2]}}",
    "_",
    "{{sum:9}}",
    "{{sum:9}}",
  ]);
});

const IN_HISTOGRAM = "histogram description, expected histogram description key, e.g. buckets:[5 10 7]";

describe("refuses, in Prometheus's words and with the place,", () => {
  test.each([
    ["up 1+1", "1:7: parse error: unexpected end of input in series values"],
    ["up\n1 -3-3", "2:7: parse error: unexpected end of input in series values"],
    ["up _a4", '1:5: parse error: unexpected identifier "a4"'],
    ["up 1 x3", '1:6: parse error: unexpected "x"'],
    ["up one", '1:4: parse error: unexpected identifier "one" in series values, expected number or "stale"'],
    ["up 5m", '1:4: parse error: bad number syntax: "5"'],
    [
      "up 1x2.5",
      '1:6: parse error: invalid repetition in series values: strconv.ParseUint: parsing "2.5": invalid syntax',
    ],
    ["up 1x1000001", '1:6: parse error: more than 1000000 samples: "x1000001"'],
    ["up ?", "1:4: parse error: unexpected character in series sequence: '?'"],
    ['up {a="b"} 1', "1:4: parse error: unexpected character in series sequence: '{'"],
    ["{}1", '1:3: parse error: unexpected number "1" in series values'],
    ["{,} 1", '1:2: parse error: unexpected "," in label set, expected identifier or "}"'],
    ["{a} 1", '1:3: parse error: unexpected "}" in label set, expected "="'],
    ['{a="b" c} 1', '1:8: parse error: unexpected identifier "c" in label set, expected "," or "}"'],
    ['{a="b",a="c"} 1', '1:8: parse error: label name "a" is not unique'],
    ['{a="ä', "1:4: parse error: unterminated quoted string"],
    ["{} {{sum:1", "1:11: parse error: histogram description incomplete unexpected: '\ufffd'"],
    ["{} {{sum:1 sum:2}}", '1:1: parse error: duplicate key "sum" in histogram'],
    ["{} {{total:1}}", '1:6: parse error: bad histogram descriptor found: "total"'],
    ["{} {{sum:1:2}}", `1:11: parse error: unexpected ":" in ${IN_HISTOGRAM}`],
    ["{} {{count:gauge}}", '1:12: parse error: unexpected "<Item 57448>" "gauge" in series values'],
    ["{} {{buckets:[]}}", '1:15: parse error: unexpected "]" in series values'],
    ["{} {{buckets:[1 x]}}", "1:17: parse error: invalid character in buckets description: 'x'"],
    ["{} {{buckets:[1-2]}}", "1:16: parse error: unexpected <op:-> in series values"],
    ["{} {{offset:9999999}}", "1:13: parse error: error parsing offset number: 9999999"],
    [
      "{} {{schema:1}}-{{schema:0}}x1",
      "1:30: parse error: error combining histograms: cannot merge from schema 0 to 1",
    ],
    ["{} {{}}+{{}}", "1:13: parse error: unexpected end of input in series values"],
  ])("%j", (line, problem) => {
    expect(() => parseSeriesDescription(line)).toThrow(`[QUERY_BAD_DATA] ${problem}`);
  });
});

test("takes no values for a metric", () => {
  expect(() => parseMetric("up 1")).toThrow('1:4: parse error: unexpected number "1"');
  expect(() => parseMetric("up{")).toThrow("1:4: parse error: unexpected end of input inside braces");
});
