/** Reads and writes histograms as tests describe them: `{{count:3 sum:5 buckets:[1 2]}}`. */
import { goGeneralText } from "./go-float.ts";
import { quoted } from "./labels.ts";
import { CUSTOM_BUCKETS_SCHEMA, type CounterResetHint, type NativeHistogram } from "./native-histogram.ts";
import { parseError } from "./parse-error.ts";
import { MetricParser } from "./parse-metric.ts";

/** The properties of a histogram that its description names. */
interface Properties {
  schema?: number;
  count?: number;
  sum?: number;
  z_bucket?: number;
  z_bucket_w?: number;
  offset?: number;
  buckets?: Float64Array;
  n_offset?: number;
  n_buckets?: Float64Array;
  custom_values?: Float64Array;
  counter_reset_hint?: CounterResetHint;
}

/** No float lies in a bucket as far out, even in the finest schema. */
const GREATEST_INTEGER = 2 ** 19;

const WHERE_TEXT = "histogram description";
const WANTED_TEXT = "histogram description key, e.g. buckets:[5 10 7]";
const START = { start: 0, end: 0 };

export class HistogramDescriptionParser extends MetricParser {
  /** A property of the histogram that is being read has been read. */
  #hasProperty = false;

  protected histogram(): NativeHistogram {
    this.expect("{{");
    const properties: Properties = {};
    let isSpace = this.accept("space") !== undefined;
    while (this.accept("}}") === undefined) {
      // A space separates properties; none stands before the first.
      if (isSpace !== this.#hasProperty) this.failUnexpected();
      this.#property(properties);
      this.#hasProperty = true;
      isSpace = this.accept("space") !== undefined;
    }
    this.#hasProperty = false;
    return histogramOf(properties);
  }

  protected override failUnexpected(): never {
    throw this.#hasProperty ? this.unexpected(WHERE_TEXT, WANTED_TEXT) : this.unexpected("series values");
  }

  #property(properties: Properties): void {
    const name = this.expect("property").text.toLowerCase();
    const isDouble = Object.hasOwn(properties, name);
    this.expect(":");
    switch (name) {
      case "schema":
      case "offset":
      case "n_offset":
        properties[name] = this.#integer(name);
        break;
      case "buckets":
      case "n_buckets":
      case "custom_values":
        properties[name] = this.#numbers();
        break;
      case "sum":
      case "count":
      case "z_bucket":
        properties[name] = this.signedNumber();
        break;
      case "z_bucket_w":
        properties[name] = this.#number();
        break;
      default:
        properties.counter_reset_hint = this.expect("hint").text.toLowerCase() as CounterResetHint;
    }
    // Prometheus does not say where.
    if (isDouble) throw parseError(this.query, START, `duplicate key ${quoted(name)} in histogram`);
  }

  #numbers(): Float64Array {
    this.expect("[");
    const numbers: number[] = [];
    do numbers.push(this.signedNumber());
    while (this.accept("space") !== undefined && this.peek.kind !== "]");
    this.expect("]");
    return Float64Array.from(numbers);
  }

  protected signedNumber(): number {
    const sign = this.accept("+", "-");
    return sign?.kind === "-" ? -this.#number() : this.#number();
  }

  #number(): number {
    return this.numberOf(this.expect("number"));
  }

  #integer(name: string): number {
    const isNegative = this.accept("-") !== undefined;
    const token = this.peek;
    const size = this.wholeNumber();
    if (size > GREATEST_INTEGER) throw parseError(this.query, token, `error parsing ${name} number: ${token.text}`);
    return isNegative ? -size : size;
  }

  protected wholeNumber(): number {
    const token = this.expect("number");
    const value = Number(token.text);
    if (/^\d+$/.test(token.text) && value < 2 ** 64) return value;
    const problem = /^\d+$/.test(token.text) ? "value out of range" : "invalid syntax";
    const reason = `strconv.ParseUint: parsing ${quoted(token.text)}: ${problem}`;
    throw parseError(this.query, token, `invalid repetition in series values: ${reason}`);
  }
}

function histogramOf(properties: Properties): NativeHistogram {
  const { schema = 0, count = 0, sum = 0, z_bucket: zeroCount = 0, z_bucket_w: zeroThreshold = 0 } = properties;
  const none = new Float64Array(0);
  return {
    schema: properties.custom_values === undefined ? schema : CUSTOM_BUCKETS_SCHEMA,
    count,
    sum,
    zeroThreshold,
    zeroCount,
    positive: { offset: properties.offset ?? 0, counts: properties.buckets ?? none },
    negative: { offset: properties.n_offset ?? 0, counts: properties.n_buckets ?? none },
    customBounds: properties.custom_values ?? none,
    counterReset: properties.counter_reset_hint ?? "unknown",
  };
}

/** A histogram as tests describe it: `{{count:3 sum:5 buckets:[1 2]}}`. */
export function histogramDescription(histogram: NativeHistogram): string {
  const { schema, count, sum, zeroCount, zeroThreshold, counterReset, customBounds, positive, negative } = histogram;
  const isCustom = schema === CUSTOM_BUCKETS_SCHEMA;
  const numbers: readonly (readonly [string, number])[] = [
    ["schema", schema],
    ["count", count],
    ["sum", sum],
    ["z_bucket", zeroCount],
    ["z_bucket_w", zeroThreshold],
  ];
  const parts = numbers.filter(([, value]) => value !== 0).map(([name, value]) => `${name}:${goGeneralText(value)}`);
  if (isCustom) parts.push(`custom_values:[${Array.from(customBounds, goGeneralText).join(" ")}]`);
  if (counterReset !== "unknown") parts.push(`counter_reset_hint:${counterReset}`);
  parts.push(...bucketsDescription(positive, ""), ...bucketsDescription(negative, "n_"));
  return `{{${parts.join(" ")}}}`;
}

/** Without the empty buckets at either end. */
function bucketsDescription({ offset, counts }: NativeHistogram["positive"], prefix: string): readonly string[] {
  const first = counts.findIndex((count) => count !== 0);
  if (first < 0) return [];
  const inside = counts.slice(first, counts.findLastIndex((count) => count !== 0) + 1);
  const start = offset + first;
  return [
    ...(start === 0 ? [] : [`${prefix}offset:${start}`]),
    `${prefix}buckets:[${Array.from(inside, goGeneralText).join(" ")}]`,
  ];
}
