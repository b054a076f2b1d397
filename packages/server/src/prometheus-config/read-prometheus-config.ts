/** Reads what of Prometheus's configuration file is for us: what is scraped, rules, `otlp`, and `external_labels` of `global`. */
import { dirname, resolve } from "node:path";
import { withoutPassword, withPathsFrom } from "@clew/collector";
import { DEFAULT_OTLP_SETTINGS, type OtlpSettings, TRANSLATION_STRATEGIES } from "@clew/otlp/prometheus";
import { Labels, METRIC_NAME } from "@clew/query";
import { parse, stringify } from "yaml";
import { type RuleSettings, ruleSettings } from "./rule-settings.ts";
import { invalid, type Section, sectionOf, textsOf } from "./section.ts";

export interface PrometheusConfig {
  /** Where it stands. */
  readonly file: string;
  /** What of the file counts, as YAML, without secrets. */
  readonly text: string;
  readonly otlp: OtlpSettings;
  readonly externalLabels: Labels;
  /** What is to be scraped, as the `prometheus` receiver is told; undefined where the file has none. */
  readonly scrape: Section | undefined;
  readonly rules: RuleSettings;
  /** Sections and settings that are there and of no effect. */
  readonly unread: readonly string[];
}

const SCRAPING = ["scrape_configs", "scrape_config_files"] as const;
const READ = new Set(["otlp", "global", "rule_files", "alerting", ...SCRAPING]);
const KEYS = {
  translation_strategy: "translationStrategy",
  promote_resource_attributes: "promoteResourceAttributes",
  promote_all_resource_attributes: "promoteAllResourceAttributes",
  ignore_resource_attributes: "ignoreResourceAttributes",
  keep_identifying_resource_attributes: "keepIdentifyingResourceAttributes",
  convert_histograms_to_nhcb: "convertHistogramsToNhcb",
  promote_scope_metadata: "promoteScopeMetadata",
  label_name_underscore_sanitization: "labelNameUnderscoreSanitization",
  label_name_preserve_multiple_underscores: "labelNamePreserveMultipleUnderscores",
} as const satisfies Readonly<Record<string, keyof OtlpSettings>>;

/** Throws `PROMETHEUS_CONFIG_INVALID` with the setting. `env` is for `${NAME}` in external labels. */
export function readPrometheusConfig(
  file: string,
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): PrometheusConfig {
  const root = sectionOf(parsed(text), "");
  const global = sectionOf(root["global"], "global");
  const otherSections = Object.keys(root).filter((key) => !READ.has(key));
  const { external_labels: _ours, ...globalOfScrapes } = global;
  const scrape = scrapeOf(file, root, globalOfScrapes);
  const rules = ruleSettings(file, root, global);
  const { evaluation_interval: _ofRules, ...globalOfNothing } = globalOfScrapes;
  const otherGlobals = scrape === undefined ? Object.keys(globalOfNothing) : [];
  const otlp = sectionOf(root["otlp"], "otlp");
  const externalLabels = externalLabelsOf(sectionOf(global["external_labels"], "global::external_labels"), env);
  return {
    file,
    text: textOf(root, { ...global, external_labels: externalLabels.toObject() }),
    otlp: otlpOf(otlp),
    externalLabels,
    scrape,
    rules,
    unread: [...otherSections, ...otherGlobals.map((key) => `global::${key}`)],
  };
}

/** External labels are of what leaves the program; samples have none. Paths count from the file's own directory on. */
function scrapeOf(file: string, root: Section, global: Section): Section | undefined {
  const given = SCRAPING.filter((key) => root[key] !== undefined && root[key] !== null);
  if (given.length === 0) return undefined;
  const section = { global, ...Object.fromEntries(given.map((key) => [key, root[key]])) };
  return withPathsFrom(dirname(resolve(file)), section) as Section;
}

function textOf(root: Section, global: Section): string {
  const read = Object.entries(root).filter(([key]) => READ.has(key));
  return stringify(withoutSecrets({ ...Object.fromEntries(read), global }));
}

const SECRETS = new Set([
  "proxy_connect_header",
  "secrets",
  "password",
  "credentials",
  "bearer_token",
  "client_secret",
  "secret_key",
  "token",
]);

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shown(key, inner)]));
}

function shown(key: string, value: unknown): unknown {
  if (SECRETS.has(key)) return "<secret>";
  return key === "proxy_url" && typeof value === "string" ? withoutPassword(value) : withoutSecrets(value);
}

function parsed(text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (error) {
    throw invalid("", error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
  }
}

function otlpOf(section: Section): OtlpSettings {
  const settings: Record<string, unknown> = { ...DEFAULT_OTLP_SETTINGS };
  for (const [key, value] of Object.entries(section)) {
    if (!Object.hasOwn(KEYS, key)) throw invalid(`otlp::${key}`, `field ${key} not found in type config.plain`);
    const name = KEYS[key as keyof typeof KEYS];
    if (value !== null) settings[name] = valueOf(DEFAULT_OTLP_SETTINGS[name], value, `otlp::${key}`);
  }
  const otlp = settings as unknown as OtlpSettings;
  checkPromotion(otlp);
  const { translationStrategy } = otlp;
  if (!TRANSLATION_STRATEGIES.includes(translationStrategy))
    throw invalid(
      "otlp::translation_strategy",
      `unsupported OTLP translation strategy ${JSON.stringify(translationStrategy)}`,
      `write one of ${TRANSLATION_STRATEGIES.join(", ")}`,
    );
  return otlp;
}

/** A value of the kind that the default has. */
function valueOf(standard: OtlpSettings[keyof OtlpSettings], value: unknown, path: string): unknown {
  if (typeof standard === "object") {
    return sanitized(textsOf(value, path), path);
  }
  if (typeof value === typeof standard) return value === "" ? standard : value;
  throw invalid(path, `expected a ${typeof standard}, got ${JSON.stringify(value)}`);
}

function sanitized(attributes: readonly string[], path: string): readonly string[] {
  const kind = path.includes("ignore") ? "ignored" : "promoted";
  const trimmed = attributes.map((attribute) => attribute.trim());
  if (trimmed.includes("")) throw invalid(path, `empty ${kind} OTel resource attribute`);
  const twice = trimmed.find((attribute, i) => trimmed.indexOf(attribute) < i);
  if (twice !== undefined) throw invalid(path, `duplicated ${kind} OTel resource attribute ${JSON.stringify(twice)}`);
  return trimmed;
}

function checkPromotion(otlp: OtlpSettings): void {
  const { promoteAllResourceAttributes, promoteResourceAttributes, ignoreResourceAttributes } = otlp;
  if (promoteAllResourceAttributes && promoteResourceAttributes.length > 0)
    throw invalid(
      "otlp",
      "'promote_all_resource_attributes' and 'promote_resource_attributes' cannot be configured simultaneously",
    );
  if (!promoteAllResourceAttributes && ignoreResourceAttributes.length > 0)
    throw invalid(
      "otlp",
      "'ignore_resource_attributes' cannot be configured unless 'promote_all_resource_attributes' is true",
    );
}

function externalLabelsOf(section: Section, env: Readonly<Record<string, string | undefined>>): Labels {
  return Labels.from(
    Object.entries(section).map(([name, value]) => {
      const path = `global::external_labels::${name}`;
      if (name === "" || name === METRIC_NAME) throw invalid(path, `${JSON.stringify(name)} is not a valid label name`);
      if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
        throw invalid(path, `expected a text, got ${JSON.stringify(value)}`);
      return [name, expanded(String(value), env)];
    }),
  );
}

/** `$NAME` and `${NAME}` are the environment's, empty where it has none; `$$` is a dollar sign. */
function expanded(text: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replaceAll(/\$(?:(\$)|\{(\w+)\}|(\w+))/g, (_all, dollar?: string, braced?: string, bare?: string) =>
    dollar === undefined ? (env[braced ?? bare ?? ""] ?? "") : "$",
  );
}
