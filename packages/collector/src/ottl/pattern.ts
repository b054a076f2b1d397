/** Regular expressions in RE2's syntax, and what Go does with them. */
import { ClewError, goRegExp } from "@clew/base";
import type { Getter } from "./context.ts";
import { OttlError } from "./ottl-error.ts";
import { quote } from "./quoted.ts";

/** The expression that a getter gives, compiled once where it is the same for all records. */
export function patternFrom(functionName: string, source: Getter<string>): Getter<RegExp> {
  if (source.constant !== undefined) {
    const text = source.constant.value;
    try {
      const compiled = compilePattern(text);
      return () => compiled;
    } catch (error) {
      const why = error instanceof OttlError ? error.message : String(error);
      throw new OttlError(
        `the regex pattern supplied to ${functionName} '${quote(text)}' is not a valid pattern: ${why}`,
      );
    }
  }
  let last: { readonly text: string; readonly compiled: RegExp } | undefined;
  return (context) => {
    const text = source(context);
    if (last?.text !== text) last = { text, compiled: compilePattern(text) };
    return last.compiled;
  };
}

export function compilePattern(source: string): RegExp {
  try {
    return goRegExp(source);
  } catch (error) {
    if (error instanceof ClewError) throw new OttlError(error.what, { cause: error });
    throw error;
  }
}

/** `ReplaceAllString`: each match becomes what `replace` gives for it. */
export function replaceAll(pattern: RegExp, text: string, replace: (match: RegExpExecArray) => string): string {
  const all = new RegExp(pattern.source, `${pattern.flags}g`);
  let result = "";
  let end = 0;
  let isAfterMatch = false;
  for (const match of text.matchAll(all)) {
    // An empty match right after another is none, for Go.
    if (match[0] === "" && isAfterMatch && match.index === end) continue;
    result += text.slice(end, match.index) + replace(match);
    end = match.index + match[0].length;
    isAfterMatch = true;
  }
  return result + text.slice(end);
}

/** `Expand`: `$1`, `${1}` and `${name}` become what the groups matched; `$$` is a dollar sign. */
export function expand(template: string, match: RegExpExecArray): string {
  return template.replaceAll(/\$(?:(\$)|\{(\w+)\}|(\w+))/g, (_, dollar?: string, braced?: string, bare?: string) => {
    if (dollar !== undefined) return "$";
    const name = (braced ?? bare)!;
    return (/^\d+$/.test(name) ? match[Number(name)] : match.groups?.[name]) ?? "";
  });
}
