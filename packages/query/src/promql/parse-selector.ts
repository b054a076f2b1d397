import type { PositionRange, VectorSelector } from "./ast.ts";
import { unquoted } from "./go-string.ts";
import { labelTest, type LabelMatcher, type MatchOperator } from "./label-matcher.ts";
import { METRIC_NAME } from "./labels.ts";
import { parseError } from "./parse-error.ts";
import { DurationParser } from "./parse-duration.ts";
import { QueryError } from "./query-error.ts";
import { mayNameLabel, mayNameMetric } from "./tokens.ts";

/** Reads selectors (`up{job="api"}`) and lists of label names. */
export class SelectorParser extends DurationParser {
  protected groupingLabels(): readonly string[] {
    if (this.accept("(") === undefined) throw this.unexpected("grouping opts", '"("');
    const labels: string[] = [];
    while (this.accept(")") === undefined) {
      if (mayNameLabel(this.peek)) labels.push(this.next().text);
      else if (this.peek.kind === "string") labels.push(this.#quotedLabel());
      else throw this.unexpected("grouping opts", "label");
      if (this.accept(",") === undefined && this.peek.kind !== ")")
        throw this.unexpected("grouping opts", '"," or ")"');
    }
    return labels;
  }

  #quotedLabel(): string {
    const token = this.next();
    const name = unquoted(token.text);
    if (name === "") throw parseError(this.query, token, `invalid label name for grouping: ""`);
    return name;
  }

  protected selector(): VectorSelector {
    const first = this.peek;
    const name = mayNameMetric(first) ? this.next().text : "";
    const matchers = this.peek.kind === "{" ? this.#matchers() : [];
    if (name !== "") matchers.push({ name: METRIC_NAME, operator: "=", value: name });
    return {
      kind: "vector",
      name,
      matchers,
      offset: undefined,
      at: undefined,
      extension: undefined,
      position: { start: first.start, end: this.previousEnd },
    };
  }

  #matchers(): LabelMatcher[] {
    this.expect("{");
    const matchers: LabelMatcher[] = [];
    while (this.accept("}") === undefined) {
      matchers.push(this.#matcher());
      if (this.accept(",") === undefined && this.peek.kind !== "}")
        throw this.unexpected("label matching", '"," or "}"');
    }
    return matchers;
  }

  #matcher(): LabelMatcher {
    const token = this.accept("identifier", "string");
    if (token === undefined) throw this.unexpected("label matching", 'identifier or "}"');
    const name = token.kind === "string" ? unquoted(token.text) : token.text;
    const operator = this.accept("=", "!=", "=~", "!~");
    if (operator === undefined && token.kind === "string" && ["}", ","].includes(this.peek.kind)) {
      return { name: METRIC_NAME, operator: "=", value: name };
    }
    if (operator === undefined) {
      const expected = token.kind === "string" ? '"," or "}"' : "label matching operator";
      throw this.unexpected("label matching", expected);
    }
    const value = this.accept("string");
    if (value === undefined) throw this.unexpected("label matching", "string");
    const matcher = { name, operator: operator.kind as MatchOperator, value: unquoted(value.text) };
    this.#checkExpression(matcher, { start: token.start, end: value.end });
    return matcher;
  }

  #checkExpression(matcher: LabelMatcher, position: PositionRange): void {
    try {
      labelTest(matcher);
    } catch (thrown) {
      throw thrown instanceof QueryError ? parseError(this.query, position, thrown.what) : thrown;
    }
  }
}
