import { ClewError } from "./clew-error.ts";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** Bytes of `512MiB`, `20GB` or a plain number. Throws `SIZE_INVALID`. */
export function parseSize(text: string): number {
  const [, digits = "", unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const factor = UNITS[unit.toUpperCase()];
  if (digits === "" || factor === undefined)
    throw new ClewError("SIZE_INVALID", `expected a size, got ${JSON.stringify(text)}`, {
      remedy: 'write "512MiB" or "20GB"',
    });
  return Math.round(Number(digits) * factor);
}
