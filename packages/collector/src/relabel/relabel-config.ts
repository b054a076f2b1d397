import { ClewError, goRegExp } from "@clew/base";
import type { Place } from "../schema/place.ts";
import { field, integer, list, oneOf, section, string, type Schema } from "../schema/schema.ts";

const ACTIONS = [
  "replace",
  "keep",
  "drop",
  "keepequal",
  "dropequal",
  "hashmod",
  "labelmap",
  "labeldrop",
  "labelkeep",
  "lowercase",
  "uppercase",
] as const;

export interface RelabelConfig {
  readonly source_labels: readonly string[];
  readonly separator: string;
  readonly target_label: string;
  readonly regex: RegExp;
  readonly modulus: number;
  readonly replacement: string;
  readonly action: (typeof ACTIONS)[number];
}

/** RE2's syntax; the whole text must match. */
const regex: Schema<RegExp> = {
  type: "regular expression",
  read(raw, place) {
    const source = typeof raw === "number" || typeof raw === "boolean" ? String(raw) : string.read(raw, place);
    try {
      return goRegExp(source, { whole: true, dotAll: true });
    } catch (error) {
      if (!(error instanceof ClewError)) throw error;
      place.problem(error.what, error.remedy);
      return /^$/;
    }
  },
};

export const relabelConfig: Schema<RelabelConfig> = section<RelabelConfig>(
  {
    source_labels: field(list(string), undefined, "Labels whose values are joined and matched."),
    separator: field(string, ";", "Stands between them."),
    target_label: field(string, "", "The label that is set."),
    regex: field(regex, "(.*)", "What the whole of the joined values must match."),
    modulus: field(integer(), 0, "For `hashmod`: what the hash is divided by."),
    replacement: field(string, "$1", "What the label is set to; `$1` stands for what the first group matched."),
    action: field(anyCase(oneOf(...ACTIONS)), "replace", "What is done."),
  },
  check,
);

/** Prometheus takes actions in any case. */
function anyCase<T extends string>(inner: Schema<T>): Schema<T> {
  return { ...inner, read: (raw, place) => inner.read(typeof raw === "string" ? raw.toLowerCase() : raw, place) };
}

const NEEDS_TARGET = new Set(["replace", "hashmod", "lowercase", "uppercase", "keepequal", "dropequal"]);

function check({ action, modulus, target_label }: RelabelConfig, place: Place): void {
  if (action === "hashmod" && modulus === 0) {
    place.problem("relabel configuration for hashmod requires non-zero modulus", 'write "modulus: 8"');
  }
  if (NEEDS_TARGET.has(action) && target_label === "") {
    place.problem(`relabel configuration for ${action} action requires 'target_label' value`, "name the label to set");
  }
}
