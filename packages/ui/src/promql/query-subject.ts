/** What a PromQL expression is about, as far as its text tells: for units, and for exemplars. */
import type { CatalogueEntry } from "../api/types.ts";

export interface QuerySubject {
  /** The first metric of the expression that the catalogue has. */
  readonly entry: CatalogueEntry | undefined;
  /** The values' unit, as UCUM writes it; empty where it is not known. */
  readonly unit: string;
  /** The values are a rate of the unit. */
  readonly perSecond: boolean;
  /** Values are measured as the metric's exemplars are. */
  readonly isOnExemplarAxis: boolean;
}

const PARTS = /_(?:bucket|sum|count)$/;
const WORD = /[a-zA-Z_:][a-zA-Z0-9_:]*/g;
const RATE = /\b(?:rate|irate|deriv)\s*\(/;

export function subjectOf(query: string, catalogue: readonly CatalogueEntry[]): QuerySubject {
  const named = namesOf(query, catalogue);
  const [first] = named;
  if (first === undefined) return { entry: undefined, unit: "", perSecond: false, isOnExemplarAxis: false };
  const { entry } = first;
  const parts = new Set(named.map(({ part }) => part));
  if (/\bhistogram_(?:quantile|avg)\s*\(/.test(query)) {
    return { entry, unit: entry.unit, perSecond: false, isOnExemplarAxis: true };
  }
  const isDivided = named.length > 1 && query.includes("/");
  if (isDivided && parts.has("sum") && parts.has("count")) {
    return { entry, unit: entry.unit, perSecond: false, isOnExemplarAxis: true };
  }
  if (isDivided) return { entry, unit: "", perSecond: false, isOnExemplarAxis: false };
  const isCount = parts.has("count") || parts.has("bucket") || /\bhistogram_count\s*\(/.test(query);
  const unit = /\bcount\s*(?:by|without)?\s*\(/.test(query) ? "" : isCount ? "1" : entry.unit;
  return { entry, unit, perSecond: RATE.test(query), isOnExemplarAxis: false };
}

/** The expression to ask for exemplars of: a histogram's lie in its buckets, whichever part of it is drawn. */
export function exemplarQuery(query: string, catalogue: readonly CatalogueEntry[]): string {
  const histograms = new Set(catalogue.filter(({ type }) => type === "histogram").map(({ name }) => name));
  return query.replaceAll(WORD, (word) => {
    const base = word.replace(PARTS, "");
    return base !== word && histograms.has(base) ? `${base}_bucket` : word;
  });
}

function namesOf(query: string, catalogue: readonly CatalogueEntry[]): { entry: CatalogueEntry; part: string }[] {
  const byName = new Map(catalogue.map((entry) => [entry.name, entry]));
  return [...query.matchAll(WORD)].flatMap(([word]) => {
    const whole = byName.get(word);
    if (whole !== undefined) return [{ entry: whole, part: "" }];
    const entry = byName.get(word.replace(PARTS, ""));
    return entry === undefined ? [] : [{ entry, part: word.slice(entry.name.length + 1) }];
  });
}
