import { diag, DiagLogLevel } from "@opentelemetry/api";
import { CONFIG_FILE } from "../configuration-file-path.ts";
import { printDiagnosticsFrom } from "../diagnostics.ts";
import type { Environment } from "../environment.ts";
import type { ComponentProviderRegistry } from "./component-provider.ts";
import { createFromConfigurationFile } from "./configuration-file.ts";
import { problemText } from "./configuration-problem.ts";
import type { SdkComponents } from "./create-components.ts";

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
    diag.error(`${path} is not usable, so OpenTelemetry is off: correct it, or unset ${CONFIG_FILE}`);
  }
  return components;
}
