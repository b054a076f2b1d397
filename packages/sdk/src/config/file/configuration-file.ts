import type { Environment } from "../environment.ts";
import { type CreatedComponents, createComponents, type CreateOptions, problemsOf } from "./create-components.ts";
import { type ParsedConfiguration, parseYaml, readConfigurationFile } from "./parse-configuration.ts";

export interface ParseOptions extends CreateOptions {
  /** What is put in for `${NAME}`. */
  readonly env?: Environment;
}

/**
 * Reads a YAML file into a model and checks it. Never throws: what is wrong is in `problems`, and there is then no
 * model. Source: specification, "Parse".
 */
export function parseConfigurationFile(path: string, options: ParseOptions = {}): ParsedConfiguration {
  return checked(readConfigurationFile(path, options.env ?? process.env), options);
}

/** The same from the text of a file. */
export function parseConfiguration(text: string, options: ParseOptions = {}): ParsedConfiguration {
  return checked(parseYaml(text, options.env ?? process.env), options);
}

/** `parseConfigurationFile` and `createComponents` in one. */
export function createFromConfigurationFile(path: string, options: ParseOptions = {}): CreatedComponents {
  const { model, problems } = readConfigurationFile(path, options.env ?? process.env);
  return model === undefined ? { components: undefined, problems } : createComponents(model, options);
}

function checked(parsed: ParsedConfiguration, options: CreateOptions): ParsedConfiguration {
  if (parsed.model === undefined) return parsed;
  const problems = problemsOf(parsed.model, options);
  const isUsable = problems.every(({ severity }) => severity === "warning");
  return { model: isUsable ? parsed.model : undefined, problems };
}
