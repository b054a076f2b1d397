/**
 * Reads series as tests describe them: `metric{labels} 1+2x5 _ stale {{schema:0 sum:1}}`.
 *
 * https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/#series
 */
import { isReset } from "./histogram-math.ts";
import type { Labels } from "./labels.ts";
import { lex } from "./lex.ts";
import { lexSeries } from "./lex-series.ts";
import type { NativeHistogram } from "./native-histogram.ts";
import { MetricParser } from "./parse-metric.ts";
import { type DescribedSample, SeriesValuesParser } from "./series-values.ts";

export interface DescribedSeries {
  readonly labels: Labels;
  readonly samples: readonly DescribedSample[];
}

/** Throws `QUERY_BAD_DATA` where the line is no such description, with Prometheus's text and the place. */
export function parseSeriesDescription(line: string): DescribedSeries {
  return new SeriesParser(line, lexSeries(line)).parseSeries();
}

/** The labels of a series: `up{job="api"}`, `{}`. Throws `QUERY_BAD_DATA`. */
export function parseMetric(text: string): Labels {
  return new MetricParser(text, lex(text)).parseMetric();
}

class SeriesParser extends SeriesValuesParser {
  parseSeries(): DescribedSeries {
    return { labels: this.metric(), samples: this.values() };
  }
}

/**
 * The samples as Prometheus's store has them, which knows of each histogram whether it is a continuation of the one
 * before.
 */
export function asStored(samples: readonly DescribedSample[]): readonly DescribedSample[] {
  let previous: NativeHistogram | undefined;
  return samples.map((sample) => {
    if (typeof sample !== "object") {
      if (sample !== undefined) previous = undefined;
      return sample;
    }
    const before = previous;
    previous = sample;
    const isGiven = sample.counterReset === "gauge" || sample.counterReset === "reset";
    if (before === undefined || before.counterReset === "gauge" || isGiven) return sample;
    const counterReset = isReset({ ...sample, counterReset: "unknown" }, before) ? "unknown" : "not_reset";
    return { ...sample, counterReset };
  });
}
