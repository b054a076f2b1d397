/** What a target says of its metric families, and how the name of a sample leads to its family. */
import type { MetricType } from "./exposition/sink.ts";
import type { Metadata } from "./family.ts";

const SUFFIXES = ["_bucket", "_count", "_sum", "_total", "_info", "_created"];

/** Metrics that a scrape makes itself. */
const OWN: readonly Metadata[] = [
  { family: "up", type: "gauge", unit: "", help: "The scraping was successful" },
  { family: "scrape_duration_seconds", type: "gauge", unit: "seconds", help: "Duration of the scrape" },
  { family: "scrape_samples_scraped", type: "gauge", unit: "", help: "The number of samples the target exposed" },
  {
    family: "scrape_series_added",
    type: "gauge",
    unit: "",
    help: "The approximate number of new series in this scrape",
  },
  {
    family: "scrape_samples_post_metric_relabeling",
    type: "gauge",
    unit: "",
    help: "The number of samples remaining after metric relabeling was applied",
  },
];

export class MetadataStore {
  readonly #own = new Map(OWN.map((one) => [one.family, one]));
  readonly #families = new Map<string, Metadata>();
  /** Grows with every change, so that others know when what they derived is old. */
  version = 1;

  type(family: string, type: MetricType): void {
    const known = this.#families.get(family);
    if (known?.type !== type) this.#set(family, { ...(known ?? blank(family)), type });
  }

  help(family: string, help: string): void {
    const known = this.#families.get(family);
    if (known?.help !== help) this.#set(family, { ...(known ?? blank(family)), help });
  }

  unit(family: string, unit: string): void {
    const known = this.#families.get(family);
    if (known?.unit !== unit) this.#set(family, { ...(known ?? blank(family)), unit });
  }

  /** What the target told, by family. */
  told(): { metric: string; type: MetricType; help: string; unit: string }[] {
    return [...this.#families.values()].map(({ family, type, help, unit }) => ({ metric: family, type, help, unit }));
  }

  /** The family of a sample, and the name of its metric. */
  of(name: string): { readonly metadata: Metadata; readonly metric: string } {
    const direct = this.#own.get(name) ?? this.#families.get(name);
    if (direct !== undefined) return { metadata: direct, metric: name };
    const suffix = SUFFIXES.find((one) => name.endsWith(one) && name !== one);
    const base = suffix === undefined ? name : name.slice(0, -suffix.length);
    const metadata = this.#families.get(base);
    if (metadata === undefined || suffix === undefined) return { metadata: blank(name), metric: name };
    if (metadata.type !== "counter") return { metadata, metric: base };
    return { metadata, metric: suffix === "_created" ? `${base}_total` : name };
  }

  #set(family: string, metadata: Metadata): void {
    this.#families.set(family, metadata);
    this.version++;
  }
}

function blank(family: string): Metadata {
  return { family, type: "unknown", help: "", unit: "" };
}
