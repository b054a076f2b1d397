/** Takes away attributes that nobody allowed, and masks what must not be seen. */
import { createHash, createHmac } from "node:crypto";
import {
  pointsOf,
  valueBytes,
  valueFromBytes,
  MessageView,
  type AttributesView,
  type TelemetryView,
  type Value,
} from "@clew/otlp";
import { asString } from "../../../ottl/go-json.ts";
import type { RedactionConfig } from "./config.ts";
import { DbSanitizer, dbSystemOf } from "./db-sanitizer.ts";
import { sanitizedUrl } from "./url-sanitizer.ts";

const SUMMARY_KEYS = ["redacted", "masked", "allowed", "ignored"].flatMap((what) => [
  `redaction.${what}.keys`,
  `redaction.${what}.count`,
  `redaction.body.${what}.keys`,
  `redaction.body.${what}.count`,
]);
const SERVER = 2;
const CLIENT = 3;

/** What was done to one set of attributes, by keys. */
interface Done {
  readonly redacted: string[];
  readonly masked: string[];
  readonly allowed: string[];
  readonly ignored: string[];
}

/** Where in a body a value stands, and the database that its record tells of. */
interface BodyPlace {
  readonly path: string;
  readonly system: string;
}

export class Redaction {
  readonly #config: RedactionConfig;
  readonly #allowed: ReadonlySet<string>;
  readonly #ignored: ReadonlySet<string>;
  readonly #urls: ReadonlySet<string>;
  readonly #databases: DbSanitizer;
  /** Each finds all that it matches. */
  readonly #blocked: readonly RegExp[];

  constructor(config: RedactionConfig) {
    this.#config = config;
    this.#allowed = new Set([...config.allowed_keys, ...SUMMARY_KEYS]);
    this.#ignored = new Set(config.ignored_keys);
    this.#blocked = config.blocked_values.map((pattern) => new RegExp(pattern.source, `${pattern.flags}g`));
    this.#databases = new DbSanitizer(config.db_sanitizer);
    this.#urls = new Set(config.url_sanitizer.enabled ? config.url_sanitizer.attributes : []);
  }

  edit(view: TelemetryView): void {
    for (const resource of view.resources) {
      if (resource.has("resource")) this.#attributes(resource.one("resource").attributes());
      for (const scope of view.scopesOf(resource)) {
        if (scope.has("scope")) this.#attributes(scope.one("scope").attributes());
        for (const record of view.recordsOf(scope)) this.#record(view, record);
      }
    }
  }

  #record({ signal }: TelemetryView, record: MessageView): void {
    if (signal === "metrics") {
      for (const point of pointsOf(record)) this.#attributes(point.attributes());
      return;
    }
    const system = dbSystemOf(record.attributes());
    this.#attributes(record.attributes());
    if (signal === "logs") return this.#body(record, system);
    for (const event of record.many("events")) this.#attributes(event.attributes());
    this.#spanName(record, system);
  }

  #attributes(attributes: AttributesView): void {
    if (attributes.size === 0) return;
    const done: Done = { redacted: [], masked: [], allowed: [], ignored: [] };
    const system = dbSystemOf(attributes);
    for (const [key, value] of attributes) {
      if (this.#isIgnored(key)) done.ignored.push(key);
      else if (!this.#config.allow_all_keys && !this.#allowed.has(key)) done.redacted.push(key);
      else {
        const masked = this.#masked(key, value, system, done);
        if (masked !== undefined) attributes.set(key, masked);
      }
    }
    for (const key of done.redacted) attributes.delete(key);
    this.#summarize(done, attributes, "redaction");
  }

  /** Undefined where the value stays. */
  #masked(key: string, value: Value, system: string, done: Done): string | undefined {
    const text = typeof value === "string" ? value : this.#config.redact_all_types ? asString(value) : "";
    if (this.#config.allowed_values.some((pattern) => pattern.test(text))) {
      done.allowed.push(key);
      return undefined;
    }
    if (this.#config.blocked_key_patterns.some((pattern) => pattern.test(key))) {
      done.masked.push(key);
      return this.#mask(text);
    }
    let result = this.#withoutBlocked(text);
    if (this.#urls.has(key)) result = sanitizedUrl(result);
    result = this.#databases.attribute(key, result, system);
    if (result === text) return undefined;
    done.masked.push(key);
    return result;
  }

  #withoutBlocked(text: string): string {
    let result = text;
    for (const pattern of this.#blocked) result = result.replace(pattern, (match) => this.#mask(match));
    return result;
  }

  #mask(text: string): string {
    const { hash_function: name, hmac_key: key } = this.#config;
    if (name === "") return "****";
    if (name.startsWith("hmac-")) return createHmac(name.slice("hmac-".length), key).update(text).digest("hex");
    return createHash(name === "sha3" ? "sha3-256" : name)
      .update(text)
      .digest("hex");
  }

  #isIgnored(key: string): boolean {
    return this.#ignored.has(key) || this.#config.ignored_key_patterns.some((pattern) => pattern.test(key));
  }

  #body(record: MessageView, system: string): void {
    if (!record.has("body")) return;
    const before = valueFromBytes(record.one("body").bytes());
    const done: Done = { redacted: [], masked: [], allowed: [], ignored: [] };
    const after = this.#bodyValue(before, { path: "", system }, done);
    if (after !== before) record.setOne("body", new MessageView(record.one("body").type, valueBytes(after)));
    this.#summarize(done, record.attributes(), "redaction.body");
  }

  /** The same value where nothing in it changes. */
  #bodyValue(value: Value, place: BodyPlace, done: Done): Value {
    if (value instanceof Map) return this.#bodyMap(value as ReadonlyMap<string, Value>, place, done);
    if (Array.isArray(value)) {
      const items = value as readonly Value[];
      const after = items.map((item, i) => this.#bodyValue(item, below(place, `[${i}]`), done));
      return after.every((item, i) => item === items[i]) ? value : after;
    }
    const text = asString(value);
    const key = place.path === "" ? "body" : place.path;
    if (this.#config.allowed_values.some((pattern) => pattern.test(text))) {
      if (place.path !== "") done.allowed.push(key);
      return value;
    }
    const result = this.#databases.body(this.#withoutBlocked(text), place.system);
    if (result === text) return value;
    done.masked.push(key);
    return result;
  }

  #bodyMap(map: ReadonlyMap<string, Value>, place: BodyPlace, done: Done): Value {
    const result = new Map<string, Value>();
    let isChanged = false;
    for (const [key, value] of map) {
      const inner = below(place, key);
      const full = inner.path;
      if (this.#isIgnored(key)) {
        done.ignored.push(full);
        result.set(key, value);
      } else if (!this.#config.allow_all_keys && !this.#allowed.has(key)) {
        done.redacted.push(full);
        isChanged = true;
      } else if (this.#config.blocked_key_patterns.some((pattern) => pattern.test(key))) {
        done.masked.push(full);
        result.set(key, this.#mask(asString(value)));
        isChanged = true;
      } else {
        const after = this.#bodyValue(value, inner, done);
        isChanged ||= after !== value;
        result.set(key, after);
      }
    }
    return isChanged ? result : map;
  }

  #spanName(span: MessageView, system: string): void {
    const name = span.get("name") as string;
    if (this.#config.allowed_values.some((pattern) => pattern.test(name))) return;
    const kind = span.get("kind");
    const sanitized = this.#databases.spanName(this.#withoutUrls(name, kind), kind, system);
    if (sanitized !== name) span.set("name", sanitized);
  }

  #withoutUrls(name: string, kind: unknown): string {
    const { enabled, sanitize_span_name: sanitizes } = this.#config.url_sanitizer;
    if (!enabled || !sanitizes || (kind !== SERVER && kind !== CLIENT)) return name;
    return name
      .split(" ")
      .map((word) => (word.includes("/") ? sanitizedUrl(word) : word))
      .join(" ");
  }

  #summarize(done: Done, attributes: AttributesView, prefix: string): void {
    const { summary } = this.#config;
    if (summary !== "debug" && summary !== "info") return;
    for (const [what, keys] of Object.entries(done) as [string, string[]][]) {
      if (keys.length === 0) continue;
      const [keysName, countName] = [`${prefix}.${what}.keys`, `${prefix}.${what}.count`];
      if (summary === "debug" && what !== "ignored") {
        const known = attributes.get(keysName);
        const all = typeof known === "string" && known !== "" ? [...keys, ...known.split(",")] : keys;
        attributes.set(keysName, [...all].sort().join(","));
      }
      const counted = attributes.get(countName);
      attributes.set(countName, BigInt(keys.length) + (typeof counted === "bigint" ? counted : 0n));
    }
  }
}

function below({ path, system }: BodyPlace, key: string): BodyPlace {
  return { path: path === "" ? key : `${path}.${key}`, system };
}
