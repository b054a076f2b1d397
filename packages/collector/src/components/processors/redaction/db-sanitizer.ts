import type { AttributesView } from "@clew/otlp";
import type { DbSanitizerConfig } from "./config.ts";
import { obfuscateJson } from "./obfuscate-json.ts";
import { obfuscateRedis } from "./obfuscate-redis.ts";
import { obfuscateSql } from "./obfuscate-sql.ts";

/** Kinds of databases, in the order in which they are tried, with the `db.system.name`s of each. */
const KINDS = {
  sql: ["other_sql", "mysql", "postgresql", "mariadb", "sqlite"],
  redis: ["redis"],
  valkey: ["valkey"],
  memcached: ["memcached"],
  mongo: ["mongodb"],
  opensearch: ["opensearch"],
  es: ["elasticsearch"],
} as const;
export type DbKind = keyof typeof KINDS;

/** In these systems what stands in double quotes is text, not a name. */
const QUOTES_ARE_TEXT: ReadonlySet<string> = new Set(["mysql", "mariadb"]);
const CLIENT_SERVER_OR_INTERNAL: ReadonlySet<unknown> = new Set([1, 2, 3]);

const OBFUSCATE: Readonly<Record<DbKind, (text: string, system: string) => string>> = {
  sql: (text, system) => obfuscateSql(text, QUOTES_ARE_TEXT.has(system)),
  redis: obfuscateRedis,
  valkey: obfuscateRedis,
  // The data stands after the line of the command.
  memcached: (text) => text.split("\r\n", 1)[0] ?? "",
  mongo: obfuscateJson,
  opensearch: obfuscateJson,
  es: obfuscateJson,
};

/** Takes values out of database statements. */
export class DbSanitizer {
  readonly #config: DbSanitizerConfig;
  readonly #kinds: readonly DbKind[];

  constructor(config: DbSanitizerConfig) {
    this.#config = config;
    this.#kinds = (Object.keys(KINDS) as DbKind[]).filter((kind) => config[kind].enabled);
  }

  /** An attribute's text; `system` is that of the attributes that it is one of. */
  attribute(key: string, text: string, system: string): string {
    const kinds = this.#kinds.filter((kind) => this.#config[kind].attributes.includes(key));
    if (system === "" && !this.#config.allow_fallback_without_system) return text;
    return this.#obfuscated(kinds, text, system);
  }

  /** A text in a log's body. Where the record does not say of which system it is, every kind that is enabled is tried. */
  body(text: string, system: string): string {
    return this.#obfuscated(this.#kinds, text, system);
  }

  /** A span's name, where the span says of which system it is. */
  spanName(name: string, kind: unknown, system: string): string {
    if (!this.#config.sanitize_span_name || system === "" || !CLIENT_SERVER_OR_INTERNAL.has(kind)) return name;
    return this.#obfuscated(this.#kinds, name, system);
  }

  #obfuscated(kinds: readonly DbKind[], text: string, system: string): string {
    const fitting = kinds.filter((kind) => system === "" || (KINDS[kind] as readonly string[]).includes(system));
    return fitting.reduce((result, kind) => OBFUSCATE[kind](result, system), text);
  }
}

/** The database that attributes tell of, in lower case; empty where they tell of none. */
export function dbSystemOf(attributes: AttributesView): string {
  const system = attributes.get("db.system.name") ?? attributes.get("db.system");
  return typeof system === "string" ? system.toLowerCase() : "";
}
