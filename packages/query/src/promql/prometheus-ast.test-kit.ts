/** Syntax trees as the cases of Prometheus's parser write them, and ours in the same form. */
import type { At, Duration, Expr, VectorMatching, VectorSelector } from "./ast.ts";
import type { CaseFields, CaseValue } from "./conformance-cases.test-kit.ts";

const OPERATORS: Readonly<Record<string, string>> = {
  "+": "ADD",
  "-": "SUB",
  "*": "MUL",
  "/": "DIV",
  "%": "MOD",
  "^": "POW",
  atan2: "ATAN2",
  "==": "EQLC",
  "!=": "NEQ",
  "<": "LSS",
  "<=": "LTE",
  ">": "GTR",
  ">=": "GTE",
  and: "LAND",
  or: "LOR",
  unless: "LUNLESS",
  step: "STEP",
  range: "RANGE",
  min_of: "MIN_OF",
  max_of: "MAX_OF",
};
const MATCHERS = { "=": "MatchEqual", "!=": "MatchNotEqual", "=~": "MatchRegexp", "!~": "MatchNotRegexp" } as const;
const CARDINALITIES = {
  "one-to-one": "CardOneToOne",
  "many-to-one": "CardManyToOne",
  "one-to-many": "CardOneToMany",
  "many-to-many": "CardManyToMany",
} as const;

/** Our tree with the fields that the cases have; positions count bytes there. */
export function prometheusAst(query: string, root: Expr): CaseFields {
  const inBytes = (value: CaseValue): CaseValue => {
    if (Array.isArray(value)) return (value as readonly CaseValue[]).map(inBytes);
    if (typeof value !== "object" || value === null) return value;
    const isPosition = (name: string): boolean => ["Start", "End", "StartPos", "EndPos"].includes(name);
    const fields = Object.entries(value as CaseFields).map(([name, one]) => [
      name,
      isPosition(name) ? Buffer.byteLength(query.slice(0, Number(one))) : inBytes(one),
    ]);
    return Object.fromEntries(fields) as CaseFields;
  };
  return inBytes(ast(root)) as CaseFields;
}

function ast(expr: Expr): CaseFields {
  const range = { PosRange: { Start: expr.position.start, End: expr.position.end } };
  switch (expr.kind) {
    case "number":
      return { Val: expr.value, ...range };
    case "string":
      return { Val: bytesText(expr.value), ...range };
    case "paren":
      return { Expr: ast(expr.expr), ...range };
    case "unary":
      return { Op: operatorName(expr.operator), Expr: ast(expr.expr), StartPos: expr.position.start };
    case "binary":
      return {
        Op: operatorName(expr.operator),
        LHS: ast(expr.left),
        RHS: ast(expr.right),
        ReturnBool: expr.returnBool,
        VectorMatching: matchingAst(expr.matching),
      };
    case "call":
      return { Func: expr.func, Args: expr.args.map(ast), ...range };
    case "aggregate":
      return {
        Op: expr.operator.toUpperCase(),
        Expr: ast(expr.expr),
        Grouping: expr.grouping,
        Without: expr.without,
        ...(expr.parameter && { Param: ast(expr.parameter) }),
        ...range,
      };
    case "vector":
      return selectorAst(expr);
    case "matrix":
      return {
        VectorSelector: selectorAst(expr.selector),
        EndPos: expr.position.end,
        ...durationField("RangeExpr", expr.range),
      };
    default:
      return {
        Expr: ast(expr.expr),
        EndPos: expr.position.end,
        ...durationField("RangeExpr", expr.range),
        ...durationField("StepExpr", expr.step),
        ...durationField("OriginalOffsetExpr", expr.offset),
        ...atFields(expr.at),
      };
  }
}

function selectorAst(selector: VectorSelector): CaseFields {
  const { name, matchers, position, offset, at } = selector;
  return {
    Name: name,
    LabelMatchers: matchers.map(({ name, operator, value }) => [MATCHERS[operator], name, value]),
    PosRange: { Start: position.start, End: position.end },
    ...durationField("OriginalOffsetExpr", offset),
    ...atFields(at),
  };
}

function matchingAst({ cardinality, labels, on, include }: VectorMatching): CaseFields {
  return { Card: CARDINALITIES[cardinality], MatchingLabels: labels, On: on, Include: include };
}

function atFields(at: At | undefined): CaseFields {
  if (at === undefined) return {};
  return typeof at === "string" ? { StartOrEnd: at.toUpperCase() } : { Timestamp: at.timeMs };
}

/** Only calculations have an expression of their own there. */
function durationField(name: string, duration: Duration | undefined): CaseFields {
  if (duration === undefined || duration.kind === "literal") return {};
  return { [name]: durationAst(duration) };
}

function durationAst(duration: Duration): CaseFields {
  switch (duration.kind) {
    case "literal":
      return {
        Val: duration.seconds,
        PosRange: { Start: duration.position.start, End: duration.position.end },
      };
    case "step":
    case "range":
      return { Op: operatorName(duration.kind) };
    case "negated":
      return { Op: "SUB", RHS: durationAst(duration.operand) };
    case "grouped": {
      const operand = durationAst(duration.operand);
      return { ...("Op" in operand ? operand : { Op: "ADD", RHS: operand }), Wrapped: true };
    }
    default:
      return {
        Op: operatorName(duration.operator),
        LHS: durationAst(duration.left),
        RHS: durationAst(duration.right),
      };
  }
}

/** Text as the cases have it: in Base64 where it is not well-formed. */
function bytesText(text: string): CaseValue {
  if (!/\p{Cs}/u.test(text)) return text;
  const pieces = (text.match(/\p{Cs}|\P{Cs}+/gu) ?? []).map((piece) =>
    /\p{Cs}/u.test(piece) ? Buffer.of((piece.codePointAt(0) ?? 0) & 0xff) : Buffer.from(piece),
  );
  return [{ base64: Buffer.concat(pieces).toString("base64") }];
}

function operatorName(operator: string): string {
  return OPERATORS[operator] ?? operator;
}

/** Fields whose contents the extraction could not always read: it then left an empty list. */
const CONTENTS = new Set(["LabelMatchers", "Args", "VectorMatching"]);
/** What says nothing of the query, or what our tree keeps elsewhere. */
const NOT_OURS = new Set(["_type", "Duration", "OriginalOffset", "BypassEmptyMatcherCheck"]);

/** A case's tree with names and calls worked out. What the extraction could not read is left out. */
export function expectedAst(value: CaseValue): CaseValue | undefined {
  if (value === "__skip__") return undefined;
  if (Array.isArray(value)) return (value as readonly CaseValue[]).map((one) => expectedAst(one) ?? null);
  if (typeof value !== "object" || value === null) return value;
  const fields = value as CaseFields;
  if (typeof fields["ident"] === "string") return identifier(fields["ident"]);
  if (typeof fields["_call"] === "string") return called(fields["_call"], fields["args"] as readonly CaseValue[]);
  const isDuration = fields["_type"] === "DurationExpr";
  const known = Object.entries(fields).flatMap(([name, one]) => {
    const field = expectedAst(one);
    const isLost =
      field === undefined || field === null || (Array.isArray(field) && field.length === 0 && CONTENTS.has(name));
    return isLost || NOT_OURS.has(name) || (isDuration && name.endsWith("Pos")) ? [] : [[name, field] as const];
  });
  return Object.fromEntries(known);
}

function identifier(name: string): CaseValue {
  return name === "model.MetricNameLabel" ? "__name__" : name.replace(/^labels\./, "");
}

function called(name: string, args: readonly CaseValue[]): CaseValue | undefined {
  const [first] = args;
  if (name === "math.Inf") return first === 1 ? Infinity : -Infinity;
  if (name === "MustLabelMatcher") return args.map((one) => expectedAst(one) ?? null);
  return first === undefined ? undefined : expectedAst(first);
}
