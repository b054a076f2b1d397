/** The texts of labels and annotations: read once, expanded for each alert. */
import { ClewError, messageOf } from "@clew/base";
import type { NativeHistogram, VectorPoint } from "@clew/query";
import type { TemplateTree } from "./ast.ts";
import { executeTemplate, NotYet } from "./execute-template.ts";
import { isTemplateFunction, templateFunctions } from "./functions.ts";
import { parseTemplate } from "./parse-template.ts";
import { TemplateError } from "./template-error.ts";
import { sampleValue, StringMap, Structure, type Value } from "./values.ts";

/** One expansion asks no more different queries than this. */
const MAX_QUERIES = 100;

/** What an alert's templates find under their short names. */
const SHORT_NAMES: string = [
  "{{$labels := .Labels}}",
  "{{$externalLabels := .ExternalLabels}}",
  "{{$externalURL := .ExternalURL}}",
  "{{$value := .Value}}",
].join("");

/** Answers a query at the time of the evaluation. */
export type QueryFunction = (query: string) => Promise<readonly VectorPoint[]>;

export interface ExpandSettings {
  readonly query: QueryFunction;
  readonly timeMs: number;
  readonly externalUrl: string;
}

/** Go's `text/template` with Prometheus's functions. */
export class Template {
  readonly #name: string;
  readonly #tree: TemplateTree;
  readonly #isPlain: boolean;
  readonly #text: string;

  /** Throws a `TemplateError` whose text is Go's. */
  constructor(name: string, text: string) {
    this.#name = name;
    this.#text = text;
    this.#isPlain = !text.includes("{{");
    this.#tree = parseTemplate(name, text, isTemplateFunction);
  }

  /** The template of an alert's label or annotation. Throws a `TemplateError`. */
  static forAlert(alert: string, text: string): Template {
    return new Template(`__alert_${alert}`, text.includes("{{") ? SHORT_NAMES + text : text);
  }

  /** Rejects with a `TemplateError` where a function refuses what it is given. */
  async expand(data: Value, { query, timeMs, externalUrl }: ExpandSettings): Promise<string> {
    if (this.#isPlain) return this.#text;
    const answers = new Map<string, readonly Structure[]>();
    const failures = new Map<string, string>();
    let missing: string | undefined;
    const functions = templateFunctions({
      timeMs,
      externalUrl,
      query(text) {
        const failure = failures.get(text);
        if (failure !== undefined) throw new Error(failure);
        const answer = answers.get(text);
        if (answer !== undefined) return answer;
        missing = text;
        throw new NotYet();
      },
    });
    // Templates have no effects, so one that needs a query's answer is begun again when that is there.
    while (answers.size + failures.size <= MAX_QUERIES) {
      try {
        return executeTemplate(this.#tree, data, functions);
      } catch (thrown) {
        if (!(thrown instanceof NotYet) || missing === undefined) throw this.#executing(thrown);
        const asked = missing;
        await query(asked).then(
          (points) =>
            answers.set(
              asked,
              points.map(({ labels, value }) => sampleValue(labels, value)),
            ),
          (error: unknown) => failures.set(asked, textOf(error)),
        );
      }
    }
    throw new TemplateError(`error executing template ${this.#name}: more than ${MAX_QUERIES} queries`);
  }

  #executing(thrown: unknown): TemplateError {
    return new TemplateError(`error executing template ${this.#name}: ${textOf(thrown)}`);
  }
}

/** What an alert's templates see as `.`. */
export function alertData(settings: {
  readonly labels: Iterable<readonly [string, string]>;
  readonly externalLabels: Iterable<readonly [string, string]>;
  readonly externalUrl: string;
  readonly value: number | NativeHistogram;
}): Value {
  return new Structure("struct", "", {
    fields: {
      Labels: new StringMap(settings.labels),
      ExternalLabels: new StringMap(settings.externalLabels),
      ExternalURL: settings.externalUrl,
      Value: sampleValue([], settings.value).fields["Value"],
    },
  });
}

function textOf(thrown: unknown): string {
  return thrown instanceof ClewError ? thrown.what : messageOf(thrown);
}
