import { diag } from "@opentelemetry/api";
import type { Environment, InstrumentationEntry } from "./instrumentation.ts";
import type { Report } from "./report.ts";
import { readList } from "./settings.ts";

/** Short names that stand for several. */
const GROUPS: Readonly<Record<string, readonly string[]>> = { http: ["http-server", "http-client"], fetch: ["undici"] };

/**
 * The entries that `OTEL_NODE_ENABLED_INSTRUMENTATIONS` (all, unless set) names and
 * `OTEL_NODE_DISABLED_INSTRUMENTATIONS` does not. Names that nothing has are told.
 */
export function enabledEntries(
  entries: readonly InstrumentationEntry[],
  env: Environment,
  report: Report,
): readonly InstrumentationEntry[] {
  const enabled = namesIn(env, "OTEL_NODE_ENABLED_INSTRUMENTATIONS", entries);
  const disabled = namesIn(env, "OTEL_NODE_DISABLED_INSTRUMENTATIONS", entries);
  return entries.filter(({ name }) => {
    const isEnabled = (enabled?.has(name) ?? true) && disabled?.has(name) !== true;
    if (!isEnabled) report.tell("not instrumented", name, "disabled by the environment");
    return isEnabled;
  });
}

function namesIn(
  env: Environment,
  variable: string,
  entries: readonly InstrumentationEntry[],
): ReadonlySet<string> | undefined {
  const names = readList(env, variable)?.flatMap((name) => GROUPS[name.toLowerCase()] ?? [name.toLowerCase()]);
  if (names === undefined) return undefined;
  for (const name of names) {
    if (!entries.some((entry) => entry.name === name)) diag.debug(`${variable}: ${name} is none of ours`);
  }
  return new Set(names);
}
