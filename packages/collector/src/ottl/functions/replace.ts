/** The editors that replace parts of texts. */
import type { Context, Getter } from "../context.ts";
import { defineEditor, type FunctionDefinition } from "../function-definition.ts";
import { globPattern } from "../glob.ts";
import { OttlError } from "../ottl-error.ts";
import { conversion, mapTarget, optional, string, target, text, type Conversion } from "../parameters.ts";
import { expand, patternFrom, replaceAll } from "../pattern.ts";
import { changeTexts, edit, type EditedMap } from "./edit.ts";

const FORMAT_ERROR = "replacementFormat must be format string containing a single %s and no other format specifiers";

/** Puts a text in place of the format's `%s`. */
function formatted(format: string | undefined, one: string): string {
  if (format === undefined) return one;
  if (format.split("%s").length !== 2 || /%[^s]/.test(format)) throw new OttlError(FORMAT_ERROR);
  return format.replace("%s", () => one);
}

interface ReplacementArguments {
  readonly replacement: Getter<string>;
  readonly function: Conversion | undefined;
  readonly replacementFormat: Getter<string> | undefined;
}

const replacement = {
  replacement: string,
  function: optional(conversion),
  replacementFormat: optional(string),
};

/** What is put in place of a whole text that matches a glob. */
function wholeReplacement(args: ReplacementArguments): Getter<string> {
  if (args.function === undefined) return args.replacement;
  const changed = args.function(args.replacement);
  return (context) => {
    const one = changed(context);
    if (typeof one !== "string") throw new OttlError("replacement value is not a string");
    return formatted(args.replacementFormat?.(context), one);
  };
}

function globFrom(source: Getter<string>): Getter<RegExp> {
  if (source.constant === undefined) return (context) => globPattern(source(context));
  const compiled = globPattern(source.constant.value);
  return () => compiled;
}

const replaceMatch = defineEditor("replace_match", { target, pattern: string, ...replacement }, (args) => {
  const pattern = globFrom(args.pattern);
  const put = wholeReplacement(args);
  return (context) => {
    const one = args.target.get(context);
    const after = put(context);
    if (typeof one === "string" && pattern(context).test(one)) args.target.set(context, after);
  };
});

const replaceAllMatches = defineEditor(
  "replace_all_matches",
  { target: mapTarget, pattern: string, ...replacement },
  (args) => {
    const pattern = globFrom(args.pattern);
    const put = wholeReplacement(args);
    return (context) => {
      const compiled = pattern(context);
      const after = put(context);
      edit(context, args.target, (one) => changeTexts(one, (held) => (compiled.test(held) ? after : undefined)));
    };
  },
);

/** Replaces each match of a pattern in a text; undefined where there is none. */
type Replacer = (context: Context, one: string) => string | undefined;

function replacer(functionName: string, regexPattern: Getter<string>, args: ReplacementArguments): Replacer {
  const pattern = patternFrom(functionName, regexPattern);
  let expanded = "";
  const changed = args.function?.(() => expanded);
  return (context, one) => {
    const compiled = pattern(context);
    const template = args.replacement(context);
    if (!compiled.test(one)) return undefined;
    return replaceAll(compiled, one, (match) => {
      expanded = expand(template, match);
      if (changed === undefined) return expanded;
      const put = changed(context);
      if (typeof put !== "string") throw new OttlError("the replacement value must be a string");
      return formatted(args.replacementFormat?.(context), put);
    });
  };
}

const replacePattern = defineEditor("replace_pattern", { target, regexPattern: string, ...replacement }, (args) => {
  const replaced = replacer("replace_pattern", args.regexPattern, args);
  return (context) => {
    const one = args.target.get(context);
    if (one === null) return;
    // The replacement is read even where nothing can match, so that a wrong one is told.
    args.replacement(context);
    const after = typeof one === "string" ? replaced(context, one) : undefined;
    if (after !== undefined) args.target.set(context, after);
  };
});

const replaceAllPatterns = defineEditor(
  "replace_all_patterns",
  { target: mapTarget, mode: text, regexPattern: string, ...replacement },
  (args) => {
    if (args.mode !== "key" && args.mode !== "value") {
      throw new OttlError(`invalid mode ${args.mode}, must be either 'key' or 'value'`);
    }
    const replaced = replacer("replace_all_patterns", args.regexPattern, args);
    return (context) =>
      edit(context, args.target, (one) =>
        args.mode === "value"
          ? changeTexts(one, (held) => replaced(context, held))
          : changeKeys(one, (key) => replaced(context, key)),
      );
  },
);

/** Of two keys that become the same the later one counts. */
function changeKeys(map: EditedMap, change: (key: string) => string | undefined): boolean {
  const before = [...map];
  const keys = before.map(([key]) => change(key) ?? key);
  if (keys.every((key, i) => key === before[i]![0])) return false;
  const after = new Map(before.map(([, value], i) => [keys[i]!, value]));
  if (map instanceof Map) {
    map.clear();
    for (const [key, value] of after) map.set(key, value);
  } else {
    map.replace(after);
  }
  return true;
}

export const REPLACE_EDITORS: readonly FunctionDefinition[] = [
  replaceAllMatches,
  replaceAllPatterns,
  replaceMatch,
  replacePattern,
];
