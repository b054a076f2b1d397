/**
 * Runs Prometheus's own template cases where they are at hand: in `prometheus/parser_cases/` under
 * `CLEW_CONFORMANCE_DIR`, else under `../shared/conformance` beside the repository.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Labels, type VectorPoint } from "@clew/query";
import { expect, test } from "vitest";
import { Template } from "./template.ts";
import { sampleValue, type Value } from "./values.ts";

const REPOSITORY = fileURLToPath(new URL("../../../../", import.meta.url));
const CONFORMANCE = process.env["CLEW_CONFORMANCE_DIR"] ?? join(REPOSITORY, "../shared/conformance");
const CASES = join(CONFORMANCE, "prometheus/parser_cases/alert_template.jsonl");

interface Case {
  readonly text: string;
  readonly output?: string;
  readonly html?: boolean;
  readonly options?: unknown;
  readonly shouldFail?: boolean;
  readonly errorMsg?: string;
  readonly input?: unknown;
  readonly queryResult?: readonly { readonly F?: number; readonly Metric?: { readonly args: readonly unknown[] } }[];
  readonly line: number;
}

/** Negative numbers, fractions such as `.12` and infinities are missing from the data's inputs: template.test.ts has them. */
const INCOMPLETE: ReadonlySet<number> = new Set([285, 303, 315, 333, 345, 357, 375, 387, 404, 427, 439]);
const HISTOGRAM_TEXT: ReadonlySet<number> = new Set([46, 97]);

const cases: readonly Case[] = existsSync(CASES)
  ? readFileSync(CASES, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line.replace('"_line":', '"line":')) as Case)
  : [];

function reasonToSkip({ html, options, line }: Case): string | undefined {
  if (html === true) return "console templates are not offered";
  if (Array.isArray(options)) return "alerts have no options";
  if (INCOMPLETE.has(line)) return "its input is incomplete in the data";
  return HISTOGRAM_TEXT.has(line) ? "its output is not in the data" : undefined;
}

test.skipIf(cases.length === 0)(
  "every template of Prometheus's tests that alerts can have gives the same text or error",
  async () => {
    const wrong: string[] = [];
    let run = 0;
    for (const one of cases) {
      if (reasonToSkip(one) !== undefined) continue;
      run++;
      const outcome = await outcomeOf(one);
      const wanted = one.shouldFail === true ? (one.errorMsg ?? "") : (one.output ?? "");
      if (outcome !== wanted) wrong.push(`line ${one.line}: ${one.text}\n  gives  ${outcome}\n  wanted ${wanted}`);
    }
    expect(wrong).toEqual([]);
    expect(run).toBeGreaterThanOrEqual(68);
  },
);

async function outcomeOf({ text, input, queryResult }: Case): Promise<string> {
  try {
    const template = new Template("test", text);
    return await template.expand(valueOf(input), {
      timeMs: 1_353_755_652_000,
      externalUrl: "http://testhost:9090/path/prefix",
      query: async () => (queryResult ?? []).map(pointOf),
    });
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    return what.startsWith("template:") ? `error parsing template test: ${what}` : what;
  }
}

function pointOf({ F = 0, Metric }: NonNullable<Case["queryResult"]>[number]): VectorPoint {
  const names = (Metric?.args ?? []).map((arg) => (typeof arg === "string" ? arg : "__name__"));
  const pairs = names.flatMap((name, i) => (i % 2 === 0 ? [[name, names[i + 1] ?? ""] as const] : []));
  return { labels: Labels.from(pairs), value: F };
}

function valueOf(input: unknown): Value {
  if (Array.isArray(input)) return input.map(valueOf);
  if (typeof input === "number" || typeof input === "string") return input;
  if (typeof input !== "object" || input === null) return undefined;
  if ("ident" in input)
    return input.ident === "math.MaxUint64" ? 18_446_744_073_709_551_615n : 9_223_372_036_854_775_807n;
  return sampleValue([], 0);
}
