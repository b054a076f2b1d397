/**
 * What the samples of a scrape become: a family is a metric of OTLP, a group is a point of it.
 * Both outlive the scrape, so that a series finds its place without a search; `round` tells
 * whether what they hold is of this scrape.
 */
import type { Exemplar, MetricType, NativeHistogram } from "./exposition/sink.ts";

export interface Metadata {
  readonly family: string;
  readonly type: MetricType;
  readonly help: string;
  readonly unit: string;
}

export type PointKind = "gauge" | "sum" | "histogram" | "exponential" | "summary";

/** Which part of its group a sample is. */
export type Role = "value" | "count" | "sum" | "created" | "boundary";

export class Group {
  /** The encoded attributes, tags included. */
  readonly attributes: Uint8Array;
  /** How many series are part of it. */
  seriesCount = 0;
  round = 0;
  timestampMs = 0;
  startTimeMs = 0;
  isStale = false;
  hasValue = false;
  value = 0;
  hasCount = false;
  count = 0;
  hasSum = false;
  sum = 0;
  native: NativeHistogram | undefined;
  boundaries: number[] = [];
  boundaryValues: number[] = [];
  exemplars: Exemplar[] = [];

  constructor(attributes: Uint8Array) {
    this.attributes = attributes;
  }

  begin(round: number, timestampMs: number): void {
    this.round = round;
    this.timestampMs = timestampMs;
    this.startTimeMs = 0;
    this.isStale = this.hasValue = this.hasCount = this.hasSum = false;
    this.native = undefined;
    if (this.boundaries.length > 0) this.boundaries = [];
    if (this.boundaryValues.length > 0) this.boundaryValues = [];
    if (this.exemplars.length > 0) this.exemplars = [];
  }

  /** Boundaries in order; pages usually have them so already. */
  sortBoundaries(): void {
    const { boundaries, boundaryValues } = this;
    if (boundaries.every((bound, i) => i === 0 || boundaries[i - 1]! <= bound)) return;
    const order = boundaries.map((_bound, i) => i).sort((a, b) => boundaries[a]! - boundaries[b]!);
    this.boundaries = order.map((i) => boundaries[i]!);
    this.boundaryValues = order.map((i) => boundaryValues[i]!);
  }
}

export class Family {
  readonly key: string;
  readonly name: string;
  readonly kind: PointKind;
  readonly metadata: Metadata;
  readonly resource: ScrapedResource;
  readonly scope: ScrapedScope;
  // group labels as text --> group
  readonly groupsByLabels: Map<string, Group> = new Map();
  round = 0;
  groups: Group[] = [];

  constructor(
    key: string,
    name: string,
    kind: PointKind,
    metadata: Metadata,
    resource: ScrapedResource,
    scope: ScrapedScope,
  ) {
    this.key = key;
    this.name = name;
    this.kind = kind;
    this.metadata = metadata;
    this.resource = resource;
    this.scope = scope;
  }
}

export interface ScrapedResource {
  readonly job: string;
  readonly instance: string;
}

export interface ScrapedScope {
  readonly key: string;
  readonly name: string;
  readonly version: string;
  readonly schemaUrl: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** The kind of point that a type becomes. What OTLP has no type for is a gauge. */
export function kindOf(type: MetricType, isNative: boolean): PointKind {
  if (isNative) return "exponential";
  switch (type) {
    case "counter":
    case "info":
    case "stateset":
      return "sum";
    case "histogram":
    case "summary":
      return type;
    default:
      return "gauge";
  }
}
