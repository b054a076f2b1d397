/** Runs the cases of Prometheus's lexer, parser and printers where they are at hand: see CONTRIBUTING.md. */
import { describe, expect, test } from "vitest";
import { type CaseFields, type CaseValue, conformanceCases, titled } from "./conformance-cases.test-kit.ts";
import { formatQuery } from "./format-query.ts";
import { lex } from "./lex.ts";
import { lexSeries } from "./lex-series.ts";
import { parse } from "./parse.ts";
import { print } from "./print.ts";
import { expectedAst, prometheusAst } from "./prometheus-ast.test-kit.ts";
import { EXPERIMENTAL_FEATURES } from "./promql-features.ts";

const PARSE = conformanceCases("prometheus/parser_cases/promql_parse.jsonl");
const QUERIES = PARSE.filter(({ _func }) => _func === "testExpr");
const LEX = conformanceCases("prometheus/parser_cases/promql_lex.jsonl");
const PRINTER = conformanceCases("prometheus/parser_cases/promql_printer.jsonl");
const PRETTIER = conformanceCases("prometheus/parser_cases/promql_prettier.jsonl");
const ANYTHING: unknown = expect.anything();
/** As the original's tests set it. */
const PRETTIER_LINE_LENGTH = 10;

describe.skipIf(PARSE.length === 0)("Prometheus's parser cases", () => {
  test("are all there (CLEW_CONFORMANCE_DIR)", () => {
    expect(PARSE).toHaveLength(406);
  });

  const good = QUERIES.filter((one) => one["fail"] !== true);
  const bad = QUERIES.filter((one) => one["fail"] === true);

  test.each(titled(good))("line %i: reads %s as Prometheus does", (_line, query, one) => {
    const wanted = expectedAst(one["expected"] ?? null);
    expect(prometheusAst(query, parse(query, EXPERIMENTAL_FEATURES))).toMatchObject(withDefaults(wanted) as object);
  });

  test.each(titled(bad))("line %i: refuses %s as Prometheus does", (_line, query, one) => {
    const [problem] = one["errors"] as readonly string[];
    expect(problemOf(query)).toBe(problem);
  });
});

describe.skipIf(LEX.length === 0)("Prometheus's lexer cases", () => {
  // Our lexer checks escape sequences, Prometheus's leaves that to its parser.
  const isEscape = ({ input }: CaseFields): boolean => input === String.raw`"test\.expression"`;
  const texts = LEX.filter((one) => !isEscape(one));

  test.each(titled(texts))("line %i: reads %s where Prometheus does", (_line, text, one) => {
    const tokens = one["seriesDesc"] === true ? lexSeries(text) : lex(text);
    expect(tokens.at(-1)?.kind).toBe(one["fail"] === true ? "error" : "eof");
  });
});

describe.skipIf(PRINTER.length === 0)("Prometheus's printer cases", () => {
  test.each(titled(PRINTER, "in"))("line %i: prints %s as Prometheus does", (_line, query, one) => {
    expect(print(parse(query, EXPERIMENTAL_FEATURES))).toBe(one["out"] ?? query);
  });
});

describe.skipIf(PRETTIER.length === 0)("Prometheus's prettier cases", () => {
  test.each(titled(PRETTIER, "in"))("line %i: formats %s as Prometheus does", (_line, query, one) => {
    expect(formatQuery(query, EXPERIMENTAL_FEATURES, PRETTIER_LINE_LENGTH)).toBe(one["out"]);
  });
});

/** What is wrong with a query, without the place. */
function problemOf(query: string): string | undefined {
  try {
    parse(query, EXPERIMENTAL_FEATURES);
    return undefined;
  } catch (thrown) {
    const text = thrown instanceof Error && "what" in thrown ? String(thrown.what) : String(thrown);
    return text.replace(/^(?:\d+:\d+|unknown position): parse error: /, "");
  }
}

/** Go leaves out what is false or empty. Nothing is said of what the extraction could not read. */
function withDefaults(value: CaseValue | undefined): unknown {
  if (value === null || value === undefined) return ANYTHING;
  if (Array.isArray(value)) return (value as readonly CaseValue[]).map(withDefaults);
  if (typeof value !== "object") return value;
  const fields = value as CaseFields;
  const filled: Record<string, unknown> = {};
  if ("VectorMatching" in fields) filled["ReturnBool"] = false;
  if ("Grouping" in fields) filled["Without"] = false;
  if ("Card" in fields) Object.assign(filled, { On: false, MatchingLabels: [], Include: [] });
  for (const [name, one] of Object.entries(fields)) filled[name] = withDefaults(one);
  return filled;
}
