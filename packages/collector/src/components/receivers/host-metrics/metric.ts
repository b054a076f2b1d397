/** What a scraper may report, and a scraper itself. */
import type { Schema } from "../../../schema/schema.ts";

export interface MetricDefinition {
  readonly unit: string;
  readonly description: string;
  readonly kind: "gauge" | "sum" | "counter";
  readonly isInteger: boolean;
  /** Whether it is reported unless the configuration says otherwise. */
  readonly isEnabled: boolean;
}

export type MetricDefinitions = Readonly<Record<string, MetricDefinition>>;

type Define = (unit: string, description: string, isEnabled?: boolean) => MetricDefinition;

const defining =
  (kind: MetricDefinition["kind"], isInteger: boolean): Define =>
  (unit, description, isEnabled = true) => ({ unit, description, kind, isInteger, isEnabled });

export const gauge: Define = defining("gauge", false);
export const gaugeInt: Define = defining("gauge", true);
export const counter: Define = defining("counter", false);
export const counterInt: Define = defining("counter", true);
export const sumInt: Define = defining("sum", true);

export type Attributes = Readonly<Record<string, string>>;

/** Takes one value. Metrics that are not enabled are dropped. */
export interface Recorder {
  isEnabled(metric: string): boolean;
  record(metric: string, value: number, attributes?: Attributes): void;
}

/** What scrapers get from outside. */
export interface Host {
  /** Where the host's root is: `/`, or where it is mounted. */
  readonly rootPath: string;
  readonly platform: NodeJS.Platform;
  readonly nowMs: () => number;
}

/** A resource of its own, with values of it alone. */
export interface ScrapedResource {
  readonly attributes: Readonly<Record<string, string | bigint>>;
  /** Since when its sums count. */
  readonly startTimeMs: number;
  readonly record: (recorder: Recorder) => void;
}

export interface Scrape {
  /** Reports the host's values. Rejects where nothing can be read; what was recorded stays. */
  run(recorder: Recorder): Promise<void>;
  /** Reports resources of their own. `warn` takes what could not be read of one. */
  resources?(isEnabled: (metric: string) => boolean, warn: (what: string) => void): Promise<readonly ScrapedResource[]>;
}

export interface ScraperType<Config> {
  readonly name: string;
  readonly metrics: MetricDefinitions;
  /** Attributes of resources, and whether they are set by default. */
  readonly resourceAttributes?: Readonly<Record<string, boolean>>;
  /** Semantic conventions of the attributes. */
  readonly schemaUrl: string;
  readonly schema: Schema<Config>;
  create(config: Config, host: Host): Scrape;
}

export const SCHEMA_1_9 = "https://opentelemetry.io/schemas/1.9.0";
