import { bucketsOf, type Labels, type NativeHistogram, usesCustomBuckets } from "@clew/query";

/** Which of a bucket's bounds belongs to it, as the API numbers it. */
const OPEN_LEFT = 0;
const OPEN_RIGHT = 1;
const CLOSED = 3;

/** A float as the API writes it, without quotes: as short as reads back the same, `+Inf`, `-Inf`, `NaN`. */
export function floatText(value: number): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  if (Object.is(value, -0)) return "-0";
  const text = String(value);
  return text.includes("e") ? text.replace(/e([-+])(\d)$/, "e$10$2") : text;
}

/** A time in seconds, with milliseconds where there are any: `1795368248.020`. */
export function timeText(timeMs: number): string {
  const whole = Math.trunc(timeMs / 1000);
  const rest = Math.abs(timeMs % 1000);
  const sign = timeMs < 0 && whole === 0 ? "-" : "";
  return rest === 0 ? String(whole) : `${sign}${whole}.${String(Math.round(rest)).padStart(3, "0")}`;
}

/** A time as Go writes it in JSON: RFC 3339 without zeros at the end of a second's parts. Undefined is Go's zero time. */
export function goTimeText(timeMs: number | undefined): string {
  if (timeMs === undefined) return "0001-01-01T00:00:00Z";
  return new Date(timeMs).toISOString().replace(/\.?0+Z$/, "Z");
}

export function labelsText(labels: Labels): string {
  let text = "";
  for (const [name, value] of labels)
    text += `${text === "" ? "" : ","}${JSON.stringify(name)}:${JSON.stringify(value)}`;
  return `{${text}}`;
}

/** A native histogram's point, its buckets with their bounds. */
export function histogramText(histogram: NativeHistogram): string {
  const buckets = bucketsOf(histogram).map(({ lower, upper, count }) => {
    const isCustom = usesCustomBuckets(histogram);
    const rule = isCustom || lower >= 0 ? OPEN_LEFT : upper <= 0 ? OPEN_RIGHT : CLOSED;
    return `[${rule},"${floatText(lower)}","${floatText(upper)}","${floatText(count)}"]`;
  });
  const parts = [`"count":"${floatText(histogram.count)}"`, `"sum":"${floatText(histogram.sum)}"`];
  if (buckets.length > 0) parts.push(`"buckets":[${buckets.join(",")}]`);
  return `{${parts.join(",")}}`;
}
