import { bucketsOf, type Labels, type NativeHistogram, type QueryValue, usesCustomBuckets } from "@clew/query";

/** How many series go into one piece of text. */
const SERIES_A_PIECE = 16;

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

export function labelsText(labels: Labels): string {
  let text = "";
  for (const [name, value] of labels)
    text += `${text === "" ? "" : ","}${JSON.stringify(name)}:${JSON.stringify(value)}`;
  return `{${text}}`;
}

/** The `data` of a query's answer in pieces of text, a few series each. */
export function* queryDataPieces(value: QueryValue): Generator<string> {
  yield `{"resultType":"${value.type}","result":`;
  if (value.type === "scalar") yield `[${timeText(value.timeMs)},"${floatText(value.value)}"]`;
  if (value.type === "string") yield `[${timeText(value.timeMs)},${JSON.stringify(value.value)}]`;
  if (value.type === "vector") {
    const time = timeText(value.timeMs);
    yield* listPieces(value.points, ({ labels, value }) => {
      const point =
        typeof value === "number"
          ? `"value":[${time},"${floatText(value)}"]`
          : `"histogram":[${time},${histogramText(value)}]`;
      return `{"metric":${labelsText(labels)},${point}}`;
    });
  }
  if (value.type === "matrix") {
    const times = new TimeTexts();
    yield* listPieces(value.series, (series) => seriesText(series, times));
  }
  yield "}";
}

/** The texts of times, most of which every series of an answer has at the same place. */
class TimeTexts {
  readonly #timesMs: number[] = [];
  readonly #texts: string[] = [];

  at(place: number, timeMs: number): string {
    if (this.#timesMs[place] !== timeMs) {
      this.#timesMs[place] = timeMs;
      this.#texts[place] = timeText(timeMs);
    }
    return this.#texts[place]!;
  }
}

function seriesText(
  { labels, timestampsMs, values, histograms }: Extract<QueryValue, { type: "matrix" }>["series"][number],
  times: TimeTexts,
): string {
  let floats = "";
  let histogramPoints = "";
  for (let i = 0; i < values.length; i++) {
    const time = times.at(i, timestampsMs[i] ?? NaN);
    const histogram = histograms?.[i];
    if (histogram === undefined) floats += `${floats === "" ? "" : ","}[${time},"${floatText(values[i] ?? NaN)}"]`;
    else histogramPoints += `${histogramPoints === "" ? "" : ","}[${time},${histogramText(histogram)}]`;
  }
  const parts = [`"metric":${labelsText(labels)}`];
  if (floats !== "") parts.push(`"values":[${floats}]`);
  if (histogramPoints !== "") parts.push(`"histograms":[${histogramPoints}]`);
  return `{${parts.join(",")}}`;
}

function* listPieces<T>(items: readonly T[], textOf: (item: T) => string): Generator<string> {
  yield "[";
  for (let start = 0; start < items.length; start += SERIES_A_PIECE) {
    const texts = items.slice(start, start + SERIES_A_PIECE).map(textOf);
    yield (start === 0 ? "" : ",") + texts.join(",");
  }
  yield "]";
}

function histogramText(histogram: NativeHistogram): string {
  const buckets = bucketsOf(histogram).map(({ lower, upper, count }) => {
    const isCustom = usesCustomBuckets(histogram);
    const rule = isCustom || lower >= 0 ? OPEN_LEFT : upper <= 0 ? OPEN_RIGHT : CLOSED;
    return `[${rule},"${floatText(lower)}","${floatText(upper)}","${floatText(count)}"]`;
  });
  const parts = [`"count":"${floatText(histogram.count)}"`, `"sum":"${floatText(histogram.sum)}"`];
  if (buckets.length > 0) parts.push(`"buckets":[${buckets.join(",")}]`);
  return `{${parts.join(",")}}`;
}
