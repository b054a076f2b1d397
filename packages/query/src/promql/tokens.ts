/** The words and signs of PromQL. A keyword's kind is the keyword itself, in lower case. */
export const AGGREGATORS: ReadonlySet<string> = new Set([
  "sum",
  "avg",
  "count",
  "min",
  "max",
  "group",
  "stddev",
  "stdvar",
  "topk",
  "bottomk",
  "count_values",
  "quantile",
  "limitk",
  "limit_ratio",
]);

export const AGGREGATORS_WITH_PARAMETER: ReadonlySet<string> = new Set([
  "topk",
  "bottomk",
  "count_values",
  "quantile",
  "limitk",
  "limit_ratio",
]);

export const EXPERIMENTAL_AGGREGATORS: ReadonlySet<string> = new Set(["limitk", "limit_ratio"]);

const WORD_OPERATORS: ReadonlySet<string> = new Set(["and", "or", "unless", "atan2"]);

const MODIFIERS: ReadonlySet<string> = new Set([
  "offset",
  "smoothed",
  "anchored",
  "by",
  "without",
  "on",
  "ignoring",
  "group_left",
  "group_right",
  "fill",
  "fill_left",
  "fill_right",
  "bool",
]);

/** Words that are also functions, or stand for times and durations. */
export const PREPROCESSORS: ReadonlySet<string> = new Set(["start", "end", "step", "range", "max_of", "min_of"]);

const NOT_METRIC_NAMES: ReadonlySet<string> = new Set(["atan2", "bool", "on", "ignoring", "group_left", "group_right"]);

const SIGN_OPERATORS: ReadonlySet<string> = new Set("+ - * / % ^ == != <= < >= > </ >/ =~ !~ @".split(" "));

const SIGNS: ReadonlySet<string> = new Set("( ) { } [ ] , = :".split(" "));

const KIND_TEXT: Readonly<Record<string, string>> = {
  identifier: "identifier",
  metric_identifier: "metric identifier",
  string: "string",
  number: "number",
  duration: "duration",
};

/** The properties of a described histogram, in the order of Prometheus's parser. */
const HISTOGRAM_PROPERTIES: readonly string[] =
  "sum count schema offset n_offset buckets n_buckets z_bucket z_bucket_w custom_values counter_reset_hint".split(" ");

/** What `counter_reset_hint` may be, in that order too. */
const COUNTER_RESET_HINTS: readonly string[] = ["unknown", "reset", "not_reset", "gauge"];

export interface Token {
  /**
   * A sign, a keyword, or `identifier metric_identifier string number duration error eof`; in the values of series
   * also `space property hint`.
   */
  readonly kind: string;
  /** As written; for an error, what is wrong. */
  readonly text: string;
  /** UTF-16 offsets into the query. */
  readonly start: number;
  readonly end: number;
}

export function isKeyword(word: string): boolean {
  return AGGREGATORS.has(word) || WORD_OPERATORS.has(word) || MODIFIERS.has(word) || PREPROCESSORS.has(word);
}

export function isHistogramProperty(word: string): boolean {
  return HISTOGRAM_PROPERTIES.includes(word.toLowerCase());
}

export function isCounterResetHint(word: string): boolean {
  return COUNTER_RESET_HINTS.includes(word.toLowerCase());
}

/** Whether a token may stand for a metric's name: an identifier, or one of most keywords. */
export function mayNameMetric({ kind }: Token): boolean {
  return kind === "identifier" || kind === "metric_identifier" || (isKeyword(kind) && !NOT_METRIC_NAMES.has(kind));
}

/** Whether a token may stand in a list of label names. */
export function mayNameLabel({ kind }: Token): boolean {
  return kind === "identifier" || kind === "metric_identifier" || isKeyword(kind);
}

/** What an error message calls a token, in Prometheus's words. */
export function describe({ kind, text }: Token): string {
  if (kind === "eof") return "end of input";
  if (MODIFIERS.has(kind)) return `<${text}>`;
  if (WORD_OPERATORS.has(kind) || SIGN_OPERATORS.has(kind)) return `<op:${text}>`;
  if (AGGREGATORS.has(kind)) return `<aggr:${text}>`;
  const name = KIND_TEXT[kind] ?? itemText(kind, text.toLowerCase());
  const cut = name !== undefined && !kind.endsWith("identifier") && text.length > 10;
  const quoted = cut ? `${JSON.stringify(text.slice(0, 10))}...` : JSON.stringify(text);
  return name === undefined || SIGNS.has(kind) ? quoted : `${name} ${quoted}`;
}

/** Prometheus has no names for the words of histograms, and shows the numbers that its parser (0.315) gives to them. */
function itemText(kind: string, word: string): string | undefined {
  if (kind === "property") return `"<Item ${57_370 + HISTOGRAM_PROPERTIES.indexOf(word)}>"`;
  return kind === "hint" ? `"<Item ${57_445 + COUNTER_RESET_HINTS.indexOf(word)}>"` : undefined;
}
