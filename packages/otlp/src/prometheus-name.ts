/**
 * Names of OTLP metrics and attributes as Prometheus spells them, under each of its translation
 * strategies; `UnderscoreEscapingWithSuffixes` is the default, as it is Prometheus's for OTLP
 * (OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility").
 */

/** What of a metric decides its suffixes. `counter` is a monotonic sum; `other` is any other type. */
export type PrometheusNameType = "counter" | "gauge" | "other";

export interface PrometheusNameOptions {
  /** Stands before the name, joined by `_`. */
  readonly namespace?: string;
  /** False leaves out unit, `_total` and `_ratio`. Default true. */
  readonly suffixes?: boolean;
  /** Whether the name's characters stay as they are. Default false. */
  readonly utf8?: boolean;
}

const UNITS: Readonly<Record<string, string>> = {
  "1": "",
  d: "days",
  h: "hours",
  min: "minutes",
  s: "seconds",
  ms: "milliseconds",
  us: "microseconds",
  ns: "nanoseconds",
  By: "bytes",
  KiBy: "kibibytes",
  MiBy: "mebibytes",
  GiBy: "gibibytes",
  TiBy: "tibibytes",
  KBy: "kilobytes",
  MBy: "megabytes",
  GBy: "gigabytes",
  TBy: "terabytes",
  m: "meters",
  V: "volts",
  A: "amperes",
  J: "joules",
  W: "watts",
  g: "grams",
  Cel: "celsius",
  Hz: "hertz",
  "%": "percent",
};

/** What a unit after the slash is called. */
const PER_UNITS: Readonly<Record<string, string>> = {
  s: "second",
  m: "minute",
  h: "hour",
  d: "day",
  w: "week",
  mo: "month",
  y: "year",
};

/** `http.server.duration`, `ms`, a histogram → `http_server_duration_milliseconds`. Empty where no valid character is left. */
export function prometheusMetricName(
  name: string,
  unit: string,
  type: PrometheusNameType,
  { namespace = "", suffixes = true, utf8 = false }: PrometheusNameOptions = {},
): string {
  if (utf8) return suffixes ? suffixedUtf8Name(name, unit, type, namespace) : prefixed(name, namespace);
  return startingWithoutDigit(
    suffixes ? suffixedName(name, unit, type, namespace) : plainName(name, escapeName(namespace)),
  );
}

/** The unit as a suffix spells it: `By/s` → `bytes_per_second`. Empty for `1`, `{annotations}` and none. */
export function prometheusUnitName(unit: string): string {
  const { main, per } = unitSuffixes(unit);
  return [main, per].filter((part) => part !== "").join("_");
}

export interface PrometheusLabelOptions {
  /** Puts `key` before a name that starts with a single underscore. Default true, as in Prometheus. */
  readonly underscoreSanitization?: boolean;
  /** False makes one underscore of several. Default true, as in Prometheus. */
  readonly preserveMultipleUnderscores?: boolean;
  /** Whether the name's characters stay as they are. Default false. */
  readonly utf8?: boolean;
}

/** `http.request.method` → `http_request_method`. Empty where no valid character is left. */
export function prometheusLabelName(
  name: string,
  { underscoreSanitization = true, preserveMultipleUnderscores = true, utf8 = false }: PrometheusLabelOptions = {},
): string {
  if (utf8) return /^_*$/.test(name) ? "" : name;
  const escaped = name.replaceAll(/[^a-zA-Z0-9_]/gu, "_");
  const label = preserveMultipleUnderscores ? escaped : collapseUnderscores(escaped);
  if (/^_*$/.test(label)) return "";
  if (/^[0-9]/.test(label)) return `key_${label}`;
  return underscoreSanitization && /^_(?!_)/.test(label) ? `key${label}` : label;
}

function suffixedName(name: string, unit: string, type: PrometheusNameType, namespace: string): string {
  let words = name.split(/[^a-zA-Z0-9:]+/u).filter((word) => word !== "");
  const { main, per } = unitSuffixes(unit);
  const units = [main, per].filter((suffix) => suffix !== "" && !words.includes(suffix));
  words.push(...units);
  if (type === "counter") words = withLast(words, "total");
  if (type === "gauge" && unit === "1") words = withLast(words, "ratio");
  const prefix = namespace === "" ? [] : [escapeName(namespace)];
  return words.length === 0 ? "" : [...prefix, ...words].join("_");
}

function plainName(name: string, namespace: string): string {
  return prefixed(escapeName(name), namespace);
}

function prefixed(name: string, namespace: string): string {
  return name === "" || namespace === "" ? name : `${namespace}_${name}`;
}

/** Suffixes that stand there already are not put there twice; the type's stands behind the unit's. */
function suffixedUtf8Name(name: string, unit: string, type: PrometheusNameType, namespace: string): string {
  const { main, per } = unitSuffixes(unit);
  const last = type === "counter" ? "total" : type === "gauge" && unit === "1" ? "ratio" : "";
  const trailing = [last, per].filter((suffix) => suffix !== "");
  const bare = trailing.reduce(withoutSuffix, prefixed(name, namespace));
  if (bare === "") return "";
  const withUnit = main === "" || bare.endsWith(main) ? bare : `${bare}_${main}`;
  return [withUnit, ...trailing.reverse()].join("_");
}

/** Takes the suffix away, and the delimiter before it. */
function withoutSuffix(name: string, suffix: string): string {
  return name.endsWith(suffix) && name.length > suffix.length + 1 ? name.slice(0, -(suffix.length + 1)) : name;
}

/** Makes one underscore of each run of invalid characters, none at the ends. */
function escapeName(name: string): string {
  return name
    .split(/[^a-zA-Z0-9:_]+/u)
    .filter((word) => word !== "")
    .join("_");
}

function startingWithoutDigit(name: string): string {
  return /^[0-9]/.test(name) ? `_${name}` : name;
}

function unitSuffixes(unit: string): { main: string; per: string } {
  const slash = unit.indexOf("/");
  const main = unitWord(slash < 0 ? unit : unit.slice(0, slash), UNITS);
  const per = slash < 0 ? "" : unitWord(unit.slice(slash + 1), PER_UNITS);
  return { main, per: per === "" ? "" : `per_${per}` };
}

/** Units in braces are annotations, and give no suffix. */
function unitWord(unit: string, names: Readonly<Record<string, string>>): string {
  const trimmed = unit.trim();
  if (/[{}]/.test(trimmed)) return "";
  const word = Object.hasOwn(names, trimmed) ? (names[trimmed] ?? "") : trimmed;
  return word.replaceAll(/[^a-zA-Z0-9:]+/gu, "_").replaceAll(/^_|_$/g, "");
}

function withLast(words: readonly string[], last: string): string[] {
  return [...words.filter((word) => word !== last), last];
}

/** Names between two underscores on both sides are reserved and keep them. */
function collapseUnderscores(label: string): string {
  const collapsed = label.replaceAll(/_+/g, "_");
  return label.startsWith("__") && label.endsWith("__") ? `_${collapsed}_` : collapsed;
}
