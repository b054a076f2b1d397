import { regExp } from "../../../schema/reg-exp.ts";
import { boolean, field, list, oneOf, section, secret, string, type Schema } from "../../../schema/schema.ts";

export interface RedactionConfig {
  readonly allow_all_keys: boolean;
  readonly allowed_keys: readonly string[];
  readonly ignored_keys: readonly string[];
  readonly ignored_key_patterns: readonly RegExp[];
  readonly blocked_key_patterns: readonly RegExp[];
  readonly blocked_values: readonly RegExp[];
  readonly allowed_values: readonly RegExp[];
  readonly redact_all_types: boolean;
  readonly hash_function: "" | "md5" | "sha1" | "sha3" | "hmac-sha256" | "hmac-sha512";
  readonly hmac_key: string;
  readonly summary: "" | "debug" | "info" | "silent";
  readonly url_sanitizer: UrlSanitizerConfig;
  readonly db_sanitizer: DbSanitizerConfig;
}

interface DbKindConfig {
  readonly enabled: boolean;
  readonly attributes: readonly string[];
}

export interface DbSanitizerConfig {
  readonly sql: DbKindConfig;
  readonly redis: DbKindConfig;
  readonly valkey: DbKindConfig;
  readonly memcached: DbKindConfig;
  readonly mongo: DbKindConfig;
  readonly opensearch: DbKindConfig;
  readonly es: DbKindConfig;
  readonly sanitize_span_name: boolean;
  readonly allow_fallback_without_system: boolean;
}

export interface UrlSanitizerConfig {
  readonly enabled: boolean;
  readonly attributes: readonly string[];
  readonly sanitize_span_name: boolean;
}

const urlSanitizer: Schema<UrlSanitizerConfig> = section<UrlSanitizerConfig>({
  enabled: field(boolean, false, "Whether what varies in URLs becomes `*`."),
  attributes: field(list(string), undefined, "The attributes that hold URLs."),
  sanitize_span_name: field(boolean, true, "Whether names of client and server spans with a slash are URLs as well."),
});

const dbKind: Schema<DbKindConfig> = section<DbKindConfig>({
  enabled: field(
    boolean,
    false,
    "Whether such statements lose their values, in bodies of logs and where else is said.",
  ),
  attributes: field(list(string), undefined, "The attributes that hold statements."),
});

const dbSanitizer: Schema<DbSanitizerConfig> = section<DbSanitizerConfig>({
  sql: field(dbKind, undefined, "SQL."),
  redis: field(dbKind, undefined, "Commands of Redis."),
  valkey: field(dbKind, undefined, "Commands of Valkey."),
  memcached: field(dbKind, undefined, "Commands of memcached."),
  mongo: field(dbKind, undefined, "Queries of MongoDB, in JSON."),
  opensearch: field(dbKind, undefined, "Queries of OpenSearch."),
  es: field(dbKind, undefined, "Queries of Elasticsearch."),
  sanitize_span_name: field(boolean, true, "Whether span names that are statements lose their values."),
  allow_fallback_without_system: field(
    boolean,
    false,
    "Whether attributes are treated also where no `db.system.name` says of what kind they are.",
  ),
});

export const schema: Schema<RedactionConfig> = section<RedactionConfig>(
  {
    allow_all_keys: field(boolean, false, "Whether every attribute stays; else only those of `allowed_keys`."),
    allowed_keys: field(list(string), undefined, "Attributes that stay. None does where this is empty."),
    ignored_keys: field(list(string), undefined, "Attributes that are not looked at, and stay."),
    ignored_key_patterns: field(list(regExp), undefined, "The same by patterns."),
    blocked_key_patterns: field(list(regExp), undefined, "Attributes whose whole value is masked."),
    blocked_values: field(list(regExp), undefined, "What matches in a value is masked."),
    allowed_values: field(list(regExp), undefined, "A value that matches is not masked, whatever else it matches."),
    redact_all_types: field(boolean, false, "Whether values that are no text are looked at, as text."),
    hash_function: field(
      oneOf("", "md5", "sha1", "sha3", "hmac-sha256", "hmac-sha512"),
      "",
      "What is masked becomes this hash of itself, instead of `****`.",
    ),
    hmac_key: field(secret, "", "The key of the `hmac` functions."),
    summary: field(
      oneOf("", "debug", "info", "silent"),
      "",
      "What is added to a record about what was done: `info` counts, `debug` counts and keys.",
    ),
    url_sanitizer: field(urlSanitizer, undefined, "Parts of URLs that vary."),
    db_sanitizer: field(dbSanitizer, undefined, "Values in database statements."),
  },
  (config, place) => {
    if (config.hash_function.startsWith("hmac") && config.hmac_key === "")
      place.at("hmac_key").problem("hmac_key must not be empty when using an HMAC hash function");
  },
);
