import type { Aggregate, At, Binary, Duration, Expr, Subquery, VectorSelector } from "./ast.ts";
import { goFloatText } from "./go-number.ts";
import { matcherText } from "./label-matcher.ts";
import { labelNameText, METRIC_NAME, quoted } from "./labels.ts";
import { prometheusDurationText } from "./prometheus-duration.ts";

/** Writes a query in Prometheus's canonical form, on one line. Reading that back gives the same query. */
export function print(expr: Expr): string {
  switch (expr.kind) {
    case "number":
      return expr.isDuration ? prometheusDurationText(expr.value * 1000) : goFloatText(expr.value);
    case "string":
      return quoted(expr.value);
    case "paren":
      return `(${print(expr.expr)})`;
    case "unary":
      return `${expr.operator}${print(expr.expr)}`;
    case "call":
      return `${expr.func}(${expr.args.map(print).join(", ")})`;
    case "aggregate":
      return aggregateText(expr);
    case "binary":
      return `${print(expr.left)} ${binaryOperatorText(expr)} ${print(expr.right)}`;
    case "vector":
      return `${selectorText(expr)}${extensionText(expr)}${timeText(expr)}`;
    case "matrix":
      return `${selectorText(expr.selector)}[${rangeText(expr.range)}]${extensionText(expr.selector)}${timeText(expr.selector)}`;
    default:
      return `${print(expr.expr)}${subqueryTailText(expr)}`;
  }
}

/** What follows a subquery's inside: `[5m:1m] offset 1h`. */
export function subqueryTailText(expr: Subquery): string {
  const step = expr.step === undefined ? "" : rangeText(expr.step);
  return `[${rangeText(expr.range)}:${step}]${timeText(expr)}`;
}

/** A duration as it stands in brackets or after `offset`. */
function durationText(duration: Duration): string {
  switch (duration.kind) {
    case "literal":
      return duration.isDuration ? prometheusDurationText(duration.seconds * 1000) : goFloatText(duration.seconds);
    case "step":
    case "range":
      return `${duration.kind}()`;
    case "negated":
      return `-${durationText(duration.operand)}`;
    case "grouped":
      return `(${durationText(duration.operand)})`;
    default: {
      const left = durationText(duration.left);
      const right = durationText(duration.right);
      const isChoice = duration.operator === "min_of" || duration.operator === "max_of";
      return isChoice ? `${duration.operator}(${left}, ${right})` : `${left} ${duration.operator} ${right}`;
    }
  }
}

/** An operator with its modifiers: `/ on (job) group_left ()`. */
export function binaryOperatorText({ operator, returnBool, matching }: Binary): string {
  const { labels, on, include, cardinality, fillLeft, fillRight } = matching;
  const grouped = cardinality === "many-to-one" || cardinality === "one-to-many";
  const parts: string[] = [returnBool ? `${operator} bool` : operator];
  if (labels.length > 0 || on || grouped) parts.push(`${on ? "on" : "ignoring"} (${namesText(labels)})`);
  if (grouped) parts.push(`group_${cardinality === "many-to-one" ? "left" : "right"} (${namesText(include)})`);
  if (fillLeft !== undefined && fillLeft === fillRight) return [...parts, `fill (${goFloatText(fillLeft)})`].join(" ");
  if (fillLeft !== undefined) parts.push(`fill_left (${goFloatText(fillLeft)})`);
  if (fillRight !== undefined) parts.push(`fill_right (${goFloatText(fillRight)})`);
  return parts.join(" ");
}

function aggregateText(expr: Aggregate): string {
  const first = expr.parameter === undefined ? "" : `${print(expr.parameter)}, `;
  return `${aggregateHeadText(expr)}(${first}${print(expr.expr)})`;
}

/** What stands before an aggregation's arguments: `sum by (job) `. */
export function aggregateHeadText({ operator, without, grouping }: Aggregate): string {
  const names = namesText(grouping);
  if (without) return `${operator} without (${names}) `;
  return grouping.length > 0 ? `${operator} by (${names}) ` : operator;
}

function namesText(names: readonly string[]): string {
  return names.map(labelNameText).join(", ");
}

function selectorText({ name, matchers }: VectorSelector): string {
  const shown = matchers.filter(
    (matcher) => !(matcher.name === METRIC_NAME && matcher.operator === "=" && matcher.value === name && name !== ""),
  );
  return shown.length === 0 ? name || "{}" : `${name}{${shown.map(matcherText).sort().join(",")}}`;
}

function extensionText({ extension }: VectorSelector): string {
  return extension === undefined ? "" : ` ${extension}`;
}

/** A plain number of seconds in brackets prints as a duration: `[300]` as `[5m]`. */
function rangeText(duration: Duration): string {
  return duration.kind === "literal" ? prometheusDurationText(duration.seconds * 1000) : durationText(duration);
}

function timeText({ at, offset }: { readonly at: At | undefined; readonly offset: Duration | undefined }): string {
  const atText = at === undefined ? "" : typeof at === "string" ? ` @ ${at}()` : ` @ ${(at.timeMs / 1000).toFixed(3)}`;
  return offset === undefined ? atText : `${atText} offset ${rangeText(offset)}`;
}
