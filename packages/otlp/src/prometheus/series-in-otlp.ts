/**
 * How a series that is Prometheus's own is written in OTLP, so that it comes back as it was
 * (docs/adr/0018-prometheus-series-in-otlp.md).
 */

/** Keys of `Metric.metadata`. The first is the specification's ("Prometheus and OpenMetrics Compatibility"). */
export const PROMETHEUS_METADATA = {
  /** `counter`, `gauge`, …: the type that Prometheus knows, whatever the OTLP metric's is. */
  type: "prometheus.type",
  /** The unit that Prometheus knows; `Metric.unit` would become a part of the name. */
  unit: "prometheus.unit",
  /** `NoTranslation` where the names of the metric and of its attributes are those of Prometheus already. */
  translation: "prometheus.translation_strategy",
  /** `native` where an OTLP histogram with explicit bounds is one sample, not a classic histogram's many series. */
  histogram: "prometheus.histogram",
} as const;

export const NO_TRANSLATION = "NoTranslation";
export const NATIVE_HISTOGRAM = "native";

/** Bits of a data point's flags, of those that OTLP leaves free. */
export const PROMETHEUS_POINT_FLAGS = {
  /** Counts, zero count and bucket counts are the bits of doubles. */
  floatCounts: 0x1_0000,
  /** A gauge's histogram, whose counts may fall. */
  gaugeHistogram: 0x2_0000,
  /** The point only brings exemplars to its series. It is no sample. */
  exemplarsOnly: 0x4_0000,
} as const;
