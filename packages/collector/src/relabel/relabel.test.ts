/** Runs the cases of Prometheus's relabelling where they are at hand: see CONTRIBUTING.md. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { goRegExp } from "@clew/base";
import { describe, expect, test } from "vitest";
import type { RelabelConfig } from "./relabel-config.ts";
import { relabel } from "./relabel.ts";

const FILE = join(
  process.env["CLEW_CONFORMANCE_DIR"] ?? join(import.meta.dirname, "../../../../../../../shared/conformance"),
  "prometheus/parser_cases/relabel.jsonl",
);

/** A call in the original, such as `labels.FromMap({…})`. */
interface CallOf<T> {
  readonly args: readonly [T];
}

interface RelabelCase {
  readonly _line: number;
  readonly input: CallOf<Record<string, string>>;
  /** Absent where the labels are dropped. */
  readonly output?: CallOf<Record<string, string>>;
  readonly relabel: readonly {
    readonly SourceLabels?: readonly string[];
    readonly Separator?: string;
    readonly TargetLabel?: string;
    readonly Regex?: CallOf<string>;
    readonly Modulus?: number;
    readonly Replacement?: string;
    readonly Action: { readonly ident: string };
  }[];
}

const lines = existsSync(FILE) ? readFileSync(FILE, "utf8").split("\n").filter(Boolean) : [];
const cases = lines.map((line) => JSON.parse(line) as RelabelCase);

describe.skipIf(cases.length === 0)("Prometheus's relabelling cases", () => {
  test("are all there (CLEW_CONFORMANCE_DIR)", () => {
    expect(cases).toHaveLength(34);
  });

  test.each(cases)("line $_line: gives what Prometheus gives", ({ input, output, relabel: rules }) => {
    const labels = relabel(new Map(Object.entries(input.args[0])), rules.map(relabelConfigOf));
    expect(labels && Object.fromEntries(labels)).toEqual(output?.args[0]);
  });
});

function relabelConfigOf(rule: RelabelCase["relabel"][number]): RelabelConfig {
  return {
    source_labels: rule.SourceLabels ?? [],
    separator: rule.Separator ?? ";",
    target_label: rule.TargetLabel ?? "",
    regex: goRegExp(rule.Regex?.args[0] ?? "(.*)", { whole: true, dotAll: true }),
    modulus: rule.Modulus ?? 0,
    replacement: rule.Replacement ?? "$1",
    action: rule.Action.ident.toLowerCase() as RelabelConfig["action"],
  };
}
