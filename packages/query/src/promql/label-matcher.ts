import { ClewError, goRegExp, messageOf } from "@clew/base";
import { labelNameText, quoted, type Labels } from "./labels.ts";
import { queryError } from "./query-error.ts";

export type MatchOperator = "=" | "!=" | "=~" | "!~";

/**
 * One condition on a label. An absent label has the value `""`. The expressions of `=~` and `!~`
 * are RE2, match the whole value, and their `.` matches a newline too.
 */
export interface LabelMatcher {
  readonly name: string;
  readonly operator: MatchOperator;
  readonly value: string;
}

/** Makes the test that a matcher stands for. Throws `QUERY_BAD_DATA` for an expression that is not RE2. */
export function labelTest({ operator, value }: LabelMatcher): (actual: string) => boolean {
  if (operator === "=") return (actual) => actual === value;
  if (operator === "!=") return (actual) => actual !== value;
  const whole = wholeValue(value);
  return operator === "=~" ? (actual) => whole.test(actual) : (actual) => !whole.test(actual);
}

function wholeValue(expression: string): RegExp {
  try {
    return goRegExp(expression, { whole: true, dotAll: true });
  } catch (cause) {
    throw queryError("bad_data", cause instanceof ClewError ? cause.what : messageOf(cause), { cause });
  }
}

/** Makes the test whether a label set meets every matcher. */
export function labelsTest(matchers: readonly LabelMatcher[]): (labels: Labels) => boolean {
  const tests = matchers.map((matcher) => ({ name: matcher.name, test: labelTest(matcher) }));
  return (labels) => tests.every(({ name, test }) => test(labels.get(name)));
}

export function matcherText({ name, operator, value }: LabelMatcher): string {
  return `${labelNameText(name)}${operator}${quoted(value)}`;
}
