import type { Environment } from "./instrumentation.ts";
import { readList } from "./settings.ts";

/** Short names that stand for several. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  http: ["http-server", "http-client", "http2"],
  fetch: ["undici"],
};

/**
 * Whether `OTEL_NODE_ENABLED_INSTRUMENTATIONS` (all, unless set) names an instrumentation and
 * `OTEL_NODE_DISABLED_INSTRUMENTATIONS` does not.
 */
export function isEnabledBy(env: Environment): (name: string) => boolean {
  const enabled = namesIn(env, "OTEL_NODE_ENABLED_INSTRUMENTATIONS");
  const disabled = namesIn(env, "OTEL_NODE_DISABLED_INSTRUMENTATIONS");
  return (name) => (enabled?.has(name) ?? true) && disabled?.has(name) !== true;
}

function namesIn(env: Environment, variable: string): ReadonlySet<string> | undefined {
  const names = readList(env, variable)?.map((name) => name.toLowerCase());
  return names === undefined ? undefined : new Set(names.flatMap((name) => GROUPS[name] ?? [name]));
}
