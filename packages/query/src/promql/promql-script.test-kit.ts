/** Reads and runs PromQL test scripts: `load` series, then `eval` queries with what they should give. */
import type { Clock } from "@clew/base";
import type { Expr } from "./ast.ts";
import { PromqlEngine } from "./engine.ts";
import { MemoryQuerier } from "./memory-querier.ts";
import { parse } from "./parse.ts";
import { print } from "./print.ts";
import { parsePrometheusDuration } from "./prometheus-duration.ts";
import { QueryError } from "./query-error.ts";
import type { QueryResult } from "./query-result.ts";
import {
  annotationProblem,
  isBareNumber,
  meets,
  type ScriptEval,
  timeMs,
  valueProblem,
} from "./promql-script-result.test-kit.ts";
import { customBucketHistograms, parseStartOffsets } from "./promql-script-series.test-kit.ts";
import { asStored, type DescribedSeries, parseSeriesDescription } from "./series-description.ts";
import { EXPERIMENTAL_FEATURES, type PromqlFeatures } from "./promql-features.ts";

interface EvalOutcome {
  readonly line: number;
  readonly query: string;
  /** What is wrong; nothing where all is as it should be. */
  readonly problem: string | undefined;
}

const SIGNAL = new AbortController().signal;
const STOPPED_CLOCK: Clock = { nowMs: () => 0, after: () => () => undefined, every: () => () => undefined };

/** The `eval` lines of a script, each with its number. */
export function evalLines(text: string): readonly (readonly [line: number, text: string])[] {
  return text.split("\n").flatMap((line, i) => (/^\s*eval/i.test(line) ? [[i + 1, line.trim()] as const] : []));
}

/** Runs every `eval` of a script, in order. */
export async function runScript(text: string, features: PromqlFeatures): Promise<readonly EvalOutcome[]> {
  const querier = new MemoryQuerier();
  const engine = new PromqlEngine({ querier, clock: STOPPED_CLOCK, features });
  const outcomes: EvalOutcome[] = [];
  const lines = text.split("\n").map((line) => (line.trim().startsWith("#") ? "" : line.trim()));
  for (let i = 0; i < lines.length;) {
    const head = lines[i] ?? "";
    const start = i++;
    if (head === "") continue;
    if (head.toLowerCase() === "clear") {
      querier.clear();
      continue;
    }
    const block: string[] = [];
    while (i < lines.length && lines[i] !== "") block.push(lines[i++] ?? "");
    if (/^load/i.test(head)) load(querier, head, block);
    else outcomes.push(await runEval(engine, parseEval(head, block, start + 1)));
  }
  return outcomes;
}

function load(querier: MemoryQuerier, head: string, block: readonly string[]): void {
  const stepMs = parsePrometheusDuration(head.split(/\s+/)[1] ?? "0");
  const series: (DescribedSeries & { readonly startOffsets?: readonly (number | undefined)[] })[] = [];
  let startOffsets: readonly (number | undefined)[] | undefined;
  for (const line of block) {
    const offsets = parseStartOffsets(line);
    if (offsets === undefined) series.push({ ...parseSeriesDescription(line), ...(startOffsets && { startOffsets }) });
    startOffsets = offsets;
  }
  const customs: typeof series = /^load_with_nhcb/i.test(head) ? [...customBucketHistograms(series)] : [];
  for (const { labels, samples, startOffsets } of [...series, ...customs]) {
    asStored(samples).forEach((sample, i) => {
      const offset = startOffsets?.[i];
      if (sample !== undefined)
        querier.add(labels, i * stepMs, sample, offset === undefined ? undefined : i * stepMs + offset);
    });
  }
}

function parseEval(head: string, block: readonly string[], line: number): ScriptEval {
  const instant = /^eval(?:_(fail|ordered|warn|info))?\s+instant\s+(?:at\s+(\S+)\s+)?(.+)$/is.exec(head);
  const range = /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+)$/is.exec(head);
  const expectations = block.filter((text) => text.startsWith("expect "));
  const results = block.filter((text) => !text.startsWith("expect "));
  const legacy = (kind: string | undefined): string[] => (kind === undefined ? [] : [`expect ${kind}`]);
  if (range !== null) {
    const [, kind, from = "0", to = "0", step = "0", query = ""] = range;
    const [startMs, endMs, stepMs] = [timeMs(from), timeMs(to), timeMs(step)] as [number, number, number];
    return {
      line,
      query,
      startMs,
      endMs,
      stepMs,
      isRange: true,
      expectations: [...expectations, ...legacy(kind)],
      results,
    };
  }
  const [, kind, at = "0", query = ""] = instant ?? [];
  const startMs = timeMs(at);
  return {
    line,
    query,
    startMs,
    endMs: startMs,
    stepMs: 0,
    isRange: false,
    expectations: [...expectations, ...legacy(kind)],
    results,
  };
}

async function runEval(engine: PromqlEngine, script: ScriptEval): Promise<EvalOutcome> {
  const { line, query } = script;
  try {
    const problem =
      (await checkOnce(engine, script, script.query, script.startMs)) ?? (await checkAgain(engine, script));
    return { line, query, problem };
  } catch (thrown) {
    return { line, query, problem: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) };
  }
}

async function checkOnce(
  engine: PromqlEngine,
  script: ScriptEval,
  query: string,
  atMs: number,
): Promise<string | undefined> {
  const shouldFail = script.expectations.filter((text) => /^expect fail\b/.test(text));
  let result: QueryResult;
  try {
    result = script.isRange
      ? await engine.range(query, script, { signal: SIGNAL })
      : await engine.instant(query, atMs, { signal: SIGNAL });
  } catch (thrown) {
    if (!(thrown instanceof QueryError)) throw thrown;
    if (shouldFail.length === 0) return `failed: ${thrown.what}`;
    const unmet = shouldFail.find((text) => !meets(text, thrown.what));
    return unmet && `failed with ${JSON.stringify(thrown.what)} instead of ${unmet}`;
  }
  if (shouldFail.length > 0) return "should have failed";
  return annotationProblem(script, result) ?? valueProblem(script, result);
}

/** The same query must give the same with its time fixed by `@`, at other times, and within a range query. */
async function checkAgain(engine: PromqlEngine, script: ScriptEval): Promise<string | undefined> {
  if (script.isRange || script.expectations.some((text) => /^expect (range|string)/.test(text))) return undefined;
  const t = script.startMs;
  const expr = parsed(script.query);
  if (expr === undefined) return undefined;
  const isStill = (text: string): boolean => text === "expect ordered" || /^expect fail\b/.test(text);
  const quiet = { ...script, expectations: script.expectations.filter(isStill) };
  if (!dependsOnTime(expr, TIME_FUNCTIONS)) {
    const fixed = print(withTime(expr, t));
    for (const at of t === 0 ? [-1000, 0, 1000] : [-10 * t, 0, Math.trunc(t / 5), t, 10 * t]) {
      const problem = await checkOnce(engine, quiet, fixed, at);
      if (problem !== undefined) return `as ${fixed} at ${at}: ${problem}`;
    }
  }
  if (dependsOnTime(expr, QUERY_FUNCTIONS) || quiet.expectations.length > 0 || usesQueryTimes(expr)) return undefined;
  const range = await engine.range(
    script.query,
    { startMs: t - 60_000, endMs: t + 60_000, stepMs: 60_000 },
    { signal: SIGNAL },
  );
  const middle = valueProblem(quiet, pointsAt(range, t, script.results));
  return middle && `within a range query: ${middle}`;
}

/** Nothing where the query cannot be read, as some should not be. */
function parsed(query: string): Expr | undefined {
  try {
    return parse(query, EXPERIMENTAL_FEATURES);
  } catch (thrown) {
    if (thrown instanceof QueryError) return undefined;
    throw thrown;
  }
}

function pointsAt(result: QueryResult, timeMs: number, expected: readonly string[]): QueryResult {
  const series = result.value.type === "matrix" ? result.value.series : [];
  const points = series.flatMap(({ labels, timestampsMs, values, histograms }) => {
    const i = timestampsMs.indexOf(timeMs);
    return i < 0 ? [] : [{ labels, value: histograms?.[i] ?? values[i] ?? NaN }];
  });
  const [only] = points;
  const isScalar = expected.length === 1 && isBareNumber(expected[0] ?? "");
  if (isScalar && only !== undefined && typeof only.value === "number") {
    return { ...result, value: { type: "scalar", timeMs, value: only.value } };
  }
  return { ...result, value: { type: "vector", timeMs, points } };
}

const QUERY_FUNCTIONS = new Set([
  "start",
  "end",
  "step",
  "range",
  "sort",
  "sort_desc",
  "sort_by_label",
  "sort_by_label_desc",
]);
const TIME_FUNCTIONS = new Set(
  "days_in_month day_of_month day_of_week day_of_year hour minute month year predict_linear time timestamp start end step range".split(
    " ",
  ),
);

function dependsOnTime(expr: Expr, functions: ReadonlySet<string>): boolean {
  return (
    (expr.kind === "call" && functions.has(expr.func)) ||
    childrenOf(expr).some((child) => dependsOnTime(child, functions))
  );
}

function usesQueryTimes(expr: Expr): boolean {
  const text = print(expr);
  return /@ (start|end)\(\)|\b(step|range)\(\)/.test(text);
}

function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "paren":
    case "unary":
    case "subquery":
      return [expr.expr];
    case "aggregate":
      return expr.parameter === undefined ? [expr.expr] : [expr.parameter, expr.expr];
    case "binary":
      return [expr.left, expr.right];
    case "call":
      return expr.args;
    default:
      return [];
  }
}

function withTime(expr: Expr, timeMs: number): Expr {
  const at = { timeMs };
  const inner = (child: Expr): Expr => withTime(child, timeMs);
  switch (expr.kind) {
    case "vector":
      return { ...expr, at: expr.at ?? at };
    case "matrix":
      return { ...expr, selector: { ...expr.selector, at: expr.selector.at ?? at } };
    case "subquery":
      return expr.at === undefined ? { ...expr, at } : expr;
    case "paren":
    case "unary":
      return { ...expr, expr: inner(expr.expr) };
    case "aggregate":
      return { ...expr, expr: inner(expr.expr), parameter: expr.parameter && inner(expr.parameter) };
    case "binary":
      return { ...expr, left: inner(expr.left), right: inner(expr.right) };
    case "call":
      return expr.func === "info"
        ? { ...expr, args: expr.args.map((arg, i) => (i === 0 ? inner(arg) : arg)) }
        : { ...expr, args: expr.args.map(inner) };
    default:
      return expr;
  }
}
