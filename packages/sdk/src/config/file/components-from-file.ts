import { diag, DiagLogLevel } from "@opentelemetry/api";
import { printDiagnosticsFrom } from "../diagnostics.ts";
import { type Environment, readText } from "../environment.ts";
import type { ComponentProviderRegistry } from "./component-provider.ts";
import { createFromConfigurationFile } from "./configuration-file.ts";
import { problemText } from "./configuration-problem.ts";
import type { SdkComponents } from "./create-components.ts";

const NAME = "OTEL_CONFIG_FILE";
const OLD_NAME = "OTEL_EXPERIMENTAL_CONFIG_FILE";

/** The path in `OTEL_CONFIG_FILE`, if any. */
export function configurationFilePath(env: Environment): string | undefined {
  const path = readText(env, NAME);
  if (path !== undefined) return path;
  const oldPath = readText(env, OLD_NAME);
  if (oldPath !== undefined) diag.warn(`${OLD_NAME} is used, but deprecated: set ${NAME} instead`);
  return oldPath;
}

/**
 * What the file says, with everything that is doubtful or wrong in it reported: on the console, at the file's
 * `log_level`, unless the application has set a logger. `undefined` when the file is not usable. Never throws.
 */
export function componentsFromFile(
  path: string,
  env: Environment,
  componentProviders: ComponentProviderRegistry | undefined,
): SdkComponents | undefined {
  const { components, problems } = createFromConfigurationFile(path, {
    env,
    ...(componentProviders !== undefined && { componentProviders }),
  });
  const logLevel = components?.logLevel ?? DiagLogLevel.INFO;
  printDiagnosticsFrom(logLevel);
  for (const problem of problems) {
    const text = `${path}: ${problemText(problem)}`;
    if (problem.severity === "error") diag.error(text);
    else diag.warn(text);
  }
  if (components === undefined) {
    diag.error(`${path} is not usable, so OpenTelemetry is off: correct it, or unset ${NAME}`);
  }
  return components;
}
