import type { Environment } from "./instrumentation.ts";

/** Variables of the tutorial for Python --> those that mean the same here. */
const ALIASES: Readonly<Record<string, string>> = {
  OTEL_PYTHON_LOG_CORRELATION: "OTEL_NODE_LOG_CORRELATION",
  OTEL_PYTHON_EXCLUDED_URLS: "OTEL_NODE_EXCLUDED_URLS",
};

/** The environment in which each alias that is set stands for its own variable, where that is not set. */
export function withAliases(env: Environment): Environment {
  const found = Object.entries(ALIASES).filter(([alias, name]) => env[alias] !== undefined && env[name] === undefined);
  if (found.length === 0) return env;
  return { ...env, ...Object.fromEntries(found.map(([alias, name]) => [name, env[alias]])) };
}
