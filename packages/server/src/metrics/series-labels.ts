import type { OtlpSettings } from "@clew/otlp/prometheus";
import { Labels } from "@clew/query";
import type { StoredSeries } from "@clew/store";
import { leOf } from "./bucket-labels.ts";
import { isNativeHistogram } from "./prometheus-series.ts";

/** Prometheus's label sets of stored series, each made once for as long as the series is kept. */
export class SeriesLabels {
  readonly #settings: OtlpSettings;
  // a series' labels --> name, or name and bound --> label set
  readonly #made = new WeakMap<StoredSeries["labels"], Map<string, Labels>>();

  constructor(settings: OtlpSettings) {
    this.#settings = settings;
  }

  /** Whether a histogram with explicit bounds has one label set, each point of it being one sample. */
  isNative(series: StoredSeries): boolean {
    return isNativeHistogram(series, this.#settings);
  }

  of(series: StoredSeries, name: string): Labels {
    const made = this.#of(series);
    let labels = made.get(name);
    if (labels === undefined) made.set(name, (labels = Labels.from([...series.labels, ["__name__", name]])));
    return labels;
  }

  bucket(series: StoredSeries, bound: number): Labels {
    const made = this.#of(series);
    const key = `${bound} ${series.name}`;
    let labels = made.get(key);
    if (labels === undefined) {
      labels = this.of(series, `${series.name}_bucket`).with("le", leOf(bound));
      made.set(key, labels);
    }
    return labels;
  }

  #of({ labels }: StoredSeries): Map<string, Labels> {
    let made = this.#made.get(labels);
    if (made === undefined) this.#made.set(labels, (made = new Map()));
    return made;
  }
}
