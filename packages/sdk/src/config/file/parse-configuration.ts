/** Reads a configuration file into a model: YAML, with environment variables put in. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { extname } from "node:path";
import { messageOf } from "@clew/base";
import type * as Yaml from "yaml";
import type { Environment } from "../environment.ts";
import type { ConfigurationProblem } from "./configuration-problem.ts";
import { hasSubstitution, substitute } from "./environment-substitution.ts";
import { isMapping, type Properties } from "./section.ts";
import { plainScalar } from "./yaml-scalar.ts";

/** A configuration as a file has it: the data model of opentelemetry-configuration, not yet checked. */
export type ConfigurationModel = Properties;

export interface ParsedConfiguration {
  /** `undefined` when there is an error among the problems. */
  readonly model: ConfigurationModel | undefined;
  readonly problems: readonly ConfigurationProblem[];
}

/** Never throws. `path` ends with `.yaml` or `.yml`. */
export function readConfigurationFile(path: string, env: Environment): ParsedConfiguration {
  if (![".yaml", ".yml"].includes(extname(path))) return invalid([`expected a name with .yaml or .yml at its end`]);
  try {
    return parseYaml(readFileSync(path, "utf8"), env);
  } catch (thrown) {
    return invalid([messageOf(thrown)]);
  }
}

/** Never throws. */
export function parseYaml(text: string, env: Environment): ParsedConfiguration {
  const yaml = loadYaml();
  const document = yaml.parseDocument(text, { version: "1.2", schema: "core", prettyErrors: true });
  if (document.errors.length > 0) return invalid(document.errors.map(({ message }) => message.trim()));
  const problems = substituteScalars(yaml, document, text, env);
  if (problems.length > 0) return invalid(problems);
  const model: unknown = document.toJS();
  if (!isMapping(model)) return invalid(["expected a mapping at the top of the file"]);
  return { model, problems: [] };
}

/** Keys stay as they are. What came in is read as the file's own text would be, but never as more than a scalar. */
function substituteScalars(yaml: typeof Yaml, document: Yaml.Document, text: string, env: Environment): string[] {
  const problems: string[] = [];
  yaml.visit(document, {
    Scalar(key, node) {
      if (key === "key" || typeof node.value !== "string" || !hasSubstitution(node.value)) return;
      try {
        const substituted = substitute(node.value, env);
        node.value = node.type === "PLAIN" ? plainScalar(substituted) : substituted;
      } catch (thrown) {
        const line = text.slice(0, node.range?.[0] ?? 0).split("\n").length;
        problems.push(`line ${line}: ${messageOf(thrown)}`);
      }
    },
  });
  return problems;
}

/** Only who has a configuration file needs the parser. */
function loadYaml(): typeof Yaml {
  return createRequire(import.meta.url)("yaml") as typeof Yaml;
}

function invalid(messages: readonly string[]): ParsedConfiguration {
  return { model: undefined, problems: messages.map((message) => ({ path: "", message, severity: "error" })) };
}
