/** The configuration as it takes effect: defaults filled in, references expanded, secrets hidden. */
import { stringify } from "yaml";
import type { Registry } from "../registry.ts";
import { Expanded, plainOf } from "../schema/expanded.ts";
import type { Schema } from "../schema/schema.ts";
import type { LoadedConfig } from "./load-config.ts";
import { factoryOf } from "./read-components.ts";
import { serviceSchema } from "./service-config.ts";

const REDACTED = "[REDACTED]";

export interface EffectiveOptions {
  /** Whether secrets are shown all the same. */
  readonly showsSecrets: boolean;
}

/** The same as text. The configuration must have been checked. */
export function effectiveConfigText(
  loaded: LoadedConfig,
  registry: Registry,
  options: EffectiveOptions & { readonly format: "yaml" | "json" },
): string {
  const config = effectiveConfig(loaded, registry, options);
  return options.format === "json" ? `${JSON.stringify(config, undefined, 2)}\n` : stringify(config);
}

function effectiveConfig(loaded: LoadedConfig, registry: Registry, options: EffectiveOptions): Record<string, unknown> {
  const root = plainOf(loaded.root) as Record<string, unknown>;
  const result: Record<string, unknown> = {};
  for (const [section, factories] of Object.entries(registry) as [keyof Registry, Registry[keyof Registry]][]) {
    const components = Object.entries((plainOf(root[section]) ?? {}) as Record<string, unknown>);
    if (components.length === 0) continue;
    const entries = components.map(([id, raw]) => {
      const factory = factoryOf<{ type: string; alias?: string; schema: Schema<unknown> }>(
        factories,
        id.split("/", 1)[0] ?? "",
      );
      return [id, factory === undefined ? raw : shown(factory.schema, raw, options)];
    });
    result[section] = Object.fromEntries(entries);
  }
  return { ...result, service: shown(serviceSchema, root["service"], options) };
}

function shown(schema: Schema<unknown>, raw: unknown, options: EffectiveOptions): unknown {
  const value = raw instanceof Expanded && schema.type === "string" ? raw.text : plainOf(raw);
  if (schema.isSecret === true) return value === "" || value === undefined || options.showsSecrets ? value : REDACTED;
  if (schema.fields !== undefined) return shownSection(schema, value, options);
  if (schema.item === undefined) return plain(value);
  const { item } = schema;
  if (Array.isArray(value)) return value.map((one) => shown(item, one, options));
  if (typeof value !== "object" || value === null) return schema.type.startsWith("list") ? [] : {};
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shown(item, one, options)]));
}

function shownSection(schema: Schema<unknown>, value: unknown, options: EffectiveOptions): unknown {
  const given = (value ?? {}) as Record<string, unknown>;
  const entries = Object.entries(schema.fields ?? {}).flatMap(([key, { schema: inner, fallback }]) => {
    if (schema.isSwitches === true && !(key in given)) return [];
    const own = plainOf(given[key]) === undefined || plainOf(given[key]) === null ? fallback : given[key];
    // An optional part that is not written is not there.
    if (own === undefined && inner.isOptional === true) return [];
    return [[key, shown(inner, own, options)] as const];
  });
  return Object.fromEntries(entries.filter(([, one]) => one !== undefined));
}

/** Without the marks of expansion, however deep. */
function plain(value: unknown): unknown {
  const inner = plainOf(value);
  if (Array.isArray(inner)) return inner.map((one) => plain(one));
  if (typeof inner !== "object" || inner === null) return inner;
  return Object.fromEntries(Object.entries(inner).map(([key, one]) => [key, plain(one)]));
}
