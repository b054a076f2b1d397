/** Filters by name: `strict` or `regexp`. */
import { ClewError, goRegExp, messageOf } from "@clew/base";
import { anything, field, list, oneOf, optional, section, string, type Schema } from "../../../schema/schema.ts";

/** Whether a name is meant. */
export type Matches = (name: string) => boolean;

interface MatchConfig {
  readonly names: readonly string[];
  readonly match_type: "strict" | "regexp";
}

/** Undefined where nothing is named. `key` is what names are called: `devices`, `interfaces`. */
export function matching(key: string, doc: string): Schema<Matches | undefined> {
  const fields = {
    [key]: field(list(string), undefined, "The names."),
    match_type: field(oneOf("strict", "regexp"), "strict", "How they are written."),
    regexp: field(optional(anything), undefined, "Accepted; nothing is cached."),
  };
  const inner = section<Record<string, unknown>>(fields);
  return {
    type: "section",
    ...(inner.fields === undefined ? {} : { fields: inner.fields }),
    read(raw, place) {
      const read = inner.read(raw, place);
      const config = { names: read[key], match_type: read["match_type"] } as MatchConfig;
      if (config.names.length === 0) return undefined;
      try {
        return matcher(config);
      } catch (error) {
        const what = error instanceof ClewError ? error.what : messageOf(error);
        place.problem(`error creating ${doc} filters: ${what}`, "correct the pattern");
        return undefined;
      }
    },
  };
}

function matcher({ names, match_type }: MatchConfig): Matches {
  if (match_type === "strict") {
    const set = new Set(names);
    return (name) => set.has(name);
  }
  const patterns = names.map((name) => goRegExp(name));
  return (name) => patterns.some((pattern) => pattern.test(name));
}

/** Names that are included, if any are named, and not excluded. */
export function isIncluded(name: string, include: Matches | undefined, exclude: Matches | undefined): boolean {
  return (include?.(name) ?? true) && exclude?.(name) !== true;
}
