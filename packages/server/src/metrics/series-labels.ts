import type { OtlpSettings } from "@clew/otlp/prometheus";
import { Labels, TYPE_LABEL, UNIT_LABEL } from "@clew/query";
import type { StoredSeries } from "@clew/store";
import { leOf } from "./bucket-labels.ts";
import { isNativeHistogram, typeAndUnitOf } from "./prometheus-series.ts";

/** Prometheus's label sets of stored series, each made once for as long as the series is kept. */
export class SeriesLabels {
  readonly #settings: OtlpSettings;
  readonly #typeAndUnit: boolean;
  // a series' labels --> name, or name and bound --> label set
  readonly #made = new WeakMap<StoredSeries["labels"], Map<string, Labels>>();

  /** `typeAndUnit`: whether a series has its metric's type and unit as labels. */
  constructor(settings: OtlpSettings, typeAndUnit: boolean) {
    this.#settings = settings;
    this.#typeAndUnit = typeAndUnit;
  }

  /** Whether a histogram with explicit bounds has one label set, each point of it being one sample. */
  isNative(series: StoredSeries): boolean {
    return isNativeHistogram(series, this.#settings);
  }

  of(series: StoredSeries, name: string): Labels {
    const made = this.#of(series);
    let labels = made.get(name);
    if (labels === undefined) made.set(name, (labels = this.#make(series, name)));
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

  #make(series: StoredSeries, name: string): Labels {
    const labels = Labels.from([...series.labels, ["__name__", name]]);
    if (!this.#typeAndUnit) return labels;
    const { type, unit } = typeAndUnitOf(series);
    return labels.with(TYPE_LABEL, type === "unknown" ? "" : type).with(UNIT_LABEL, unit);
  }

  #of({ labels }: StoredSeries): Map<string, Labels> {
    let made = this.#made.get(labels);
    if (made === undefined) this.#made.set(labels, (made = new Map()));
    return made;
  }
}
