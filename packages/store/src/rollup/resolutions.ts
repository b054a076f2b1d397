import { ClewError } from "@clew/base";
import { ageOf } from "../retention/retention-settings.ts";

/** What a rollup row stands for: all samples of one series in so much time. The finest first. */
export const RESOLUTIONS = [
  { name: "5m", seconds: 300 },
  { name: "1h", seconds: 3_600 },
] as const;

export type Resolution = (typeof RESOLUTIONS)[number];

/** Which rollups are made, and how long each is kept, in milliseconds; `Infinity` for ever. */
export type RollupAges = Readonly<Partial<Record<Resolution["name"], number>>>;

/** Reads `5m=90d,1h=2y`; without an age a rollup is kept for ever. Throws `USAGE` under `path`. */
export function parseRollup(text: string, path: string): RollupAges {
  const ages: Partial<Record<Resolution["name"], number>> = {};
  for (const part of text.split(",")) {
    const [name = "", age, ...rest] = part.trim().split("=");
    const resolution = RESOLUTIONS.find((one) => one.name === name);
    if (resolution === undefined || rest.length > 0)
      throw new ClewError("USAGE", `expected 5m or 1h and an age, got ${JSON.stringify(part)}`, {
        path,
        remedy: "write 5m=90d,1h=2y, with m, h, d, w or y",
      });
    ages[resolution.name] = age === undefined ? Infinity : ageOf(age, path);
  }
  return ages;
}

/** Those that are made, the finest first. */
export function resolutionsOf(ages: RollupAges): readonly Resolution[] {
  return RESOLUTIONS.filter(({ name }) => ages[name] !== undefined);
}
