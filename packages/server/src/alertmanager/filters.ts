import { messageOf } from "@clew/base";
import type { LabelMatcher } from "@clew/query";
import { parseMatchers } from "@clew/rules";
import type { Context } from "hono";
import { Refusal } from "./refusal.ts";

/** The matchers of a request's `filter`s. Throws a `Refusal`. */
export function filtersOf(context: Context): readonly LabelMatcher[] {
  try {
    return (context.req.queries("filter") ?? []).flatMap(parseMatchers);
  } catch (error) {
    throw new Refusal(400, messageOf(error));
  }
}
