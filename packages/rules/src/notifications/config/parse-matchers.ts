/** Matchers as Alertmanager's configuration and API write them: `severity="page"`, `{team=~"a|b", env!=test}`. */
import { type LabelMatcher, labelTest, type MatchOperator } from "@clew/query";

const MATCHER = /^\s*("(?:[^"\\]|\\.)*"|[^\s"{}=!~,]+)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^"]*?)\s*$/s;
/** A part between commas that are not quoted. */
const PART = /(?:"(?:[^"\\]|\\.)*"|[^",])+/gs;

/** Throws an `Error` in Alertmanager's words. */
export function parseMatchers(text: string): readonly LabelMatcher[] {
  const inside = text.trim().replace(/^\{/, "").replace(/\}$/, "");
  return (inside.match(PART) ?? []).filter((part) => part.trim() !== "").map(parseMatcher);
}

/** Throws an `Error` in Alertmanager's words. */
export function parseMatcher(text: string): LabelMatcher {
  const found = MATCHER.exec(text);
  if (found === null) throw new Error(`bad matcher format: ${text.trim()}`);
  const [, name = "", operator = "=", value = ""] = found;
  const matcher = { name: unquoted(name), operator: operator as MatchOperator, value: unquoted(value) };
  labelTest(matcher);
  return matcher;
}

function unquoted(text: string): string {
  if (!text.startsWith('"')) return text;
  return text.slice(1, -1).replace(/\\(["\\n])/g, (_whole, escaped: string) => (escaped === "n" ? "\n" : escaped));
}
