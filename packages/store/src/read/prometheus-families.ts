/**
 * Series that are Prometheus's own are stored as gauges (docs/adr/0018-prometheus-series-in-otlp.md). What their sender
 * told of them makes counters of them again, and one histogram or summary of the several series that it is.
 */
import type { CatalogueEntry } from "./overview-reader.ts";

export interface ToldEntry {
  readonly entry: CatalogueEntry;
  /** Prometheus's type; empty for what is not its own, or where none was told. */
  readonly toldType: string;
  readonly toldUnit: string;
}

const CUMULATIVE = 2;
const PART = /_(?:bucket|sum|count)$/;
const FAMILIES = new Set(["histogram", "summary"]);

/** In the order given; a family stands where its first part did. */
export function asFamilies(told: readonly ToldEntry[]): CatalogueEntry[] {
  // name and type --> entry
  const found = new Map<string, CatalogueEntry>();
  for (const one of told) {
    const entry = entryOf(one);
    const key = JSON.stringify([entry.name, entry.otelName, entry.type]);
    const before = found.get(key);
    found.set(key, before === undefined ? entry : withPart(before, entry));
  }
  return [...found.values()];
}

function entryOf({ entry, toldType, toldUnit }: ToldEntry): CatalogueEntry {
  if (toldType === "" || entry.type !== "gauge") return entry;
  const unit = toldUnit === "" ? entry.unit : toldUnit;
  if (toldType === "counter") return { ...entry, unit, type: "sum", temporality: CUMULATIVE, monotonic: true };
  if (!FAMILIES.has(toldType)) return { ...entry, unit };
  const name = entry.name.replace(PART, "");
  // A family has as many series as it has counts; the others are its buckets or quantiles.
  const series = entry.name.endsWith("_count") ? entry.series : 0;
  const temporality = toldType === "histogram" ? CUMULATIVE : entry.temporality;
  return { ...entry, name, otelName: name, unit, type: toldType, temporality, series };
}

function withPart(family: CatalogueEntry, part: CatalogueEntry): CatalogueEntry {
  const services = [...new Set([...family.services, ...part.services])].sort();
  return { ...family, services, series: family.series + part.series };
}
