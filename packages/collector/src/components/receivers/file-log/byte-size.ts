import { plainOf } from "../../../schema/expanded.ts";
import type { Schema } from "../../../schema/schema.ts";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  ki: 2 ** 10,
  kib: 2 ** 10,
  m: 1e6,
  mb: 1e6,
  mi: 2 ** 20,
  mib: 2 ** 20,
  g: 1e9,
  gb: 1e9,
  gi: 2 ** 30,
  gib: 2 ** 30,
  t: 1e12,
  tb: 1e12,
  ti: 2 ** 40,
  tib: 2 ** 40,
};

/** Bytes: `5000`, `5kb`, `4.88KiB`, `5e3`. */
export const byteSize: Schema<number> = {
  type: "size",
  read(raw, place) {
    const text = String(plainOf(raw));
    const match = /^(\d+(?:\.\d+)?(?:[eE]\d+)?)\s*([a-z]*)$/i.exec(text);
    const unit = UNITS[match?.[2]?.toLowerCase() ?? "?"];
    if (match !== null && unit !== undefined) return Math.trunc(Number(match[1]) * unit);
    place.problem(`expected a number of bytes, got ${JSON.stringify(text)}`, 'write "1MiB"');
    return 1;
  },
};
