import { ClewError, goRegExp } from "@clew/base";
import { string, type Schema } from "./schema.ts";

/** A regular expression in RE2's syntax, which matches any part of a text. */
export const regExp: Schema<RegExp> = {
  ...string,
  type: "regular expression",
  read(raw, place) {
    try {
      return goRegExp(string.read(raw, place));
    } catch (error) {
      if (!(error instanceof ClewError)) throw error;
      place.problem(error.what, error.remedy);
      return /(?!)/;
    }
  },
};
