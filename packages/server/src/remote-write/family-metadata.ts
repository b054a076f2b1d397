import type { Metadata } from "./request-series.ts";

/** What was told of so many families is remembered; of more, the first are forgotten. */
const MAX_FAMILIES = 20_000;
/** What the series of a family are named behind its name. */
const PARTS = /_(?:bucket|sum|count|total|created|info)$/;

/** What remote write 1.0 tells of families, in requests of their own, for the series that come in others. */
export class FamilyMetadata {
  readonly #families = new Map<string, Metadata>();

  learn(families: ReadonlyMap<string, Metadata>): void {
    for (const [name, metadata] of families) {
      if (this.#families.size >= MAX_FAMILIES) this.#forgetFirst();
      this.#families.set(name, metadata);
    }
  }

  /** Of the family that a series with this name is of. */
  of(name: string): Metadata | undefined {
    if (this.#families.size === 0) return undefined;
    return this.#families.get(name) ?? this.#families.get(name.replace(PARTS, ""));
  }

  #forgetFirst(): void {
    for (const name of this.#families.keys()) {
      this.#families.delete(name);
      return;
    }
  }
}
