/** Names of metrics and labels under the configured translation strategy. */
import { prometheusLabelName, prometheusMetricName, type PrometheusNameType } from "@clew/otlp";
import { nameOptions, type TranslationStrategy } from "@clew/otlp/prometheus";

/** Attributes have few keys; where they have more than this, names are worked out anew. */
const MAX_CACHED_LABELS = 10_000;

export class Naming {
  readonly #namespace: string;
  readonly #suffixes: boolean;
  readonly #utf8: boolean;
  // attribute's key --> label's name
  readonly #labels = new Map<string, string>();

  constructor(strategy: TranslationStrategy, namespace = "") {
    this.#namespace = namespace;
    const { suffixes, utf8 } = nameOptions(strategy);
    this.#suffixes = suffixes;
    this.#utf8 = utf8;
  }

  /** Empty where no valid character is left. */
  metric(name: string, unit: string, type: PrometheusNameType): string {
    return prometheusMetricName(name, unit, type, {
      namespace: this.#namespace,
      suffixes: this.#suffixes,
      utf8: this.#utf8,
    });
  }

  /** Empty where no valid character is left. */
  label(key: string): string {
    const cached = this.#labels.get(key);
    if (cached !== undefined) return cached;
    const name = prometheusLabelName(key, { underscoreSanitization: false, utf8: this.#utf8 });
    if (this.#labels.size < MAX_CACHED_LABELS) this.#labels.set(key, name);
    return name;
  }
}
