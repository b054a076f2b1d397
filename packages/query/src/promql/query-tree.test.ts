import { expect, test } from "vitest";
import { queryTree } from "./query-tree.ts";
import { EXPERIMENTAL_FEATURES } from "./promql-features.ts";

const SELECTOR = { offset: 0, offsetExpr: null, timestamp: null, startOrEnd: null, anchored: false, smoothed: false };
const vector = (name: string): object => ({
  type: "vectorSelector",
  name,
  matchers: [{ name: "__name__", value: name, type: "=" }],
  ...SELECTOR,
});
const seconds = (val: string, duration: boolean): object => ({ type: "numberLiteral", val, duration });
const calculated = (op: string, lhs: object | null, rhs: object | null, wrapped = false): object => {
  return { type: "durationExpr", op, lhs, rhs, wrapped };
};

test("a whole query", () => {
  expect(
    queryTree(
      'topk(2, -(up{job=~"a.*"} offset 1m)) * on (job) group_left (x) sum without () (rate(b[5m:30s] @ end()))',
      EXPERIMENTAL_FEATURES,
    ),
  ).toEqual({
    type: "binaryExpr",
    op: "*",
    bool: false,
    matching: {
      card: "many-to-one",
      labels: ["job"],
      on: true,
      include: ["x"],
      fillValues: { lhs: null, rhs: null },
    },
    lhs: {
      type: "aggregation",
      op: "topk",
      param: { type: "numberLiteral", val: "2" },
      grouping: [],
      without: false,
      expr: {
        type: "unaryExpr",
        op: "-",
        expr: {
          type: "parenExpr",
          expr: {
            ...vector("up"),
            offset: 60_000,
            matchers: [
              { name: "job", value: "a.*", type: "=~" },
              { name: "__name__", value: "up", type: "=" },
            ],
          },
        },
      },
    },
    rhs: {
      type: "aggregation",
      op: "sum",
      param: null,
      grouping: [],
      without: true,
      expr: {
        type: "call",
        func: { name: "rate", argTypes: ["matrix"], variadic: 0, returnType: "vector" },
        args: [
          {
            type: "subquery",
            expr: vector("b"),
            range: 300_000,
            rangeExpr: null,
            offset: 0,
            offsetExpr: null,
            step: 30_000,
            stepExpr: null,
            timestamp: null,
            startOrEnd: "end",
          },
        ],
      },
    },
  });
});

test("sides that are not both series are not matched", () => {
  expect(queryTree("1e3 > bool time()", EXPERIMENTAL_FEATURES)).toEqual({
    type: "binaryExpr",
    op: ">",
    bool: true,
    matching: null,
    lhs: { type: "numberLiteral", val: "1000" },
    rhs: { type: "call", func: { name: "time", argTypes: [], variadic: 0, returnType: "scalar" }, args: [] },
  });
});

test.each([
  ["foo[5m]", { range: 300_000, rangeExpr: null }],
  ["foo[5m] offset -1m", { range: 300_000, offset: -60_000, offsetExpr: null }],
  ["foo[5m] @ 1.5", { timestamp: 1_500, startOrEnd: null }],
  ["foo[5m+1m]", { range: 0, rangeExpr: calculated("+", seconds("300", true), seconds("60", true)) }],
  [
    "foo[5m] offset (10m/2)",
    { offset: 0, offsetExpr: calculated("/", seconds("600", true), seconds("2", false), true) },
  ],
  [
    "foo[max_of(step(),5m-range())]",
    {
      range: 0,
      rangeExpr: calculated(
        "max_of",
        calculated("step", null, null),
        calculated("-", seconds("300", true), calculated("range", null, null)),
      ),
    },
  ],
  ["foo[5m:1m]", { range: 300_000, step: 60_000, stepExpr: null }],
  ["foo[5m:]", { step: 0, stepExpr: null }],
])("durations of %s", (query, fields) => {
  expect(queryTree(query, EXPERIMENTAL_FEATURES)).toMatchObject(fields);
});
