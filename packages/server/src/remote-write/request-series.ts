import type { LabelSet } from "./label-sets.ts";

/** For each label: where its name starts and ends, where its value starts and ends. */
export type LabelRanges = readonly number[];
/** Starts and ends of messages, by turns. */
export type MessageRanges = readonly number[];

/** What a family or a series is told to be. `type` is Prometheus's name for it. */
export interface Metadata {
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

export interface RequestExemplar {
  readonly labels: LabelRanges;
  readonly value: number;
  readonly timestampMs: number;
}

/** What most series have of histograms and exemplars. */
export const NONE: readonly never[] = [];
export const NOWHERE = -1;
/** So many objects are kept for the next request. */
const KEPT_SERIES = 16_384;

/** A series as it stands in a request. */
export class RequestSeries {
  /** Where the labels stand in one piece and were seen before. */
  known: LabelSet | undefined;
  /** Undefined where they stand in one piece and were not read yet. */
  labels: LabelRanges | undefined;
  /** Where that piece is; `NOWHERE` where there is none. */
  labelsStart: number = NOWHERE;
  labelsEnd: number = NOWHERE;
  /** Between here and there are its `Sample`s, among other fields. */
  samplesStart = 0;
  samplesEnd = 0;
  sampleCount = 0;
  /** `Histogram`s, alike in both versions. */
  histograms: MessageRanges = NONE;
  exemplars: readonly RequestExemplar[] = NONE;
  metadata: Metadata | undefined;

  forget(): this {
    this.known = undefined;
    this.labels = undefined;
    this.labelsStart = NOWHERE;
    this.labelsEnd = NOWHERE;
    this.sampleCount = 0;
    this.histograms = NONE;
    this.exemplars = NONE;
    this.metadata = undefined;
    return this;
  }
}

/**
 * The series of one request after the other, in the same objects: made anew, those of a request live long enough to be taken for
 * lasting ones, and to collect them costs as much as to read them.
 */
export class RequestSeriesList {
  readonly #all: RequestSeries[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  at(index: number): RequestSeries {
    return this.#all[index]!;
  }

  /** The next request's follow; what was given out before is used again. */
  clear(): void {
    this.#length = 0;
    if (this.#all.length > KEPT_SERIES) this.#all.length = KEPT_SERIES;
  }

  add(): RequestSeries {
    const index = this.#length++;
    const kept = this.#all[index];
    if (kept !== undefined) return kept.forget();
    const made = new RequestSeries();
    this.#all.push(made);
    return made;
  }
}
