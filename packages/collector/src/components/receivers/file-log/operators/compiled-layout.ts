/**
 * The usual directives of strptime as one regular expression, which reads a time several times
 * faster than going through it directive by directive. What does not match is left to the
 * reader that knows all directives, and can say what is wrong.
 */
import type { Zone } from "../../../../ottl/time/zone.ts";

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const COMPOUND: Readonly<Record<string, string>> = { F: "%Y-%m-%d", T: "%H:%M:%S", R: "%H:%M" };
const NUMBER = "(\\d{1,2})";
const FRACTION = "(?:[.,](\\d{1,9})\\d*)?";
/** Directive --> what it matches, with one group. */
const PATTERNS: Readonly<Record<string, string>> = {
  Y: "(\\d{4})",
  m: NUMBER,
  d: NUMBER,
  e: `\\s?${NUMBER}`,
  H: NUMBER,
  M: NUMBER,
  S: NUMBER,
  b: "([A-Za-z]{3})",
  z: "(Z|[+-]\\d\\d(?::?\\d\\d)?)",
  j: "([+-]\\d\\d:\\d\\d)",
};
const ELEMENT = /[.,]%[Lfs]|%.|[\s\S]/gu;
const HOUR_MS = 3_600_000;

/** Nanoseconds since the epoch, or undefined for what must be read the long way. */
export type CompiledLayout = (text: string) => bigint | undefined;

/** Undefined where the format has other directives, or no year. */
export function compiledLayout(format: string, zone: Zone): CompiledLayout | undefined {
  const expanded = format.replaceAll(/%([FTR])/g, (_all, name: string) => COMPOUND[name]!);
  const elements = expanded.match(ELEMENT) ?? [];
  const groups: string[] = [];
  let source = "";
  for (const [i, element] of elements.entries()) {
    const name = /^[.,]%/.test(element)
      ? "f"
      : element.startsWith("%")
        ? element.slice(1).replace("h", "b")
        : undefined;
    if (name === undefined) source += element === " " ? " +" : element.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");
    else if (name === "f") source += FRACTION;
    else if (PATTERNS[name] === undefined) return undefined;
    else source += PATTERNS[name];
    if (name !== undefined) groups.push(name);
    // A fraction may follow seconds though the format has none.
    if (name === "S" && !/^[.,]%/.test(elements[i + 1] ?? "")) {
      source += FRACTION;
      groups.push("f");
    }
  }
  if (!groups.includes("Y") || new Set(groups).size < groups.length) return undefined;
  return reader(new RegExp(`^${source}$`, "u"), groups, cachedOffset(zone));
}

function reader(pattern: RegExp, groups: readonly string[], offsetAt: (unixMs: number) => number): CompiledLayout {
  const at = (name: string): number => groups.indexOf(name) + 1;
  const [Y, m, d, H, M, S, f] = [at("Y"), at("m"), Math.max(at("d"), at("e")), at("H"), at("M"), at("S"), at("f")];
  const b = at("b");
  const z = Math.max(at("z"), at("j"));
  return (text) => {
    const match = pattern.exec(text);
    if (match === null) return undefined;
    const number = (group: number, absent: number): number => (group === 0 ? absent : Number(match[group]));
    const month = b === 0 ? number(m, 1) : MONTHS.indexOf(match[b]!.toLowerCase()) + 1;
    const [day, hour, minute, second] = [number(d, 1), number(H, 0), number(M, 0), number(S, 0)];
    if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return undefined;
    const shownMs = Date.UTC(number(Y, 0), month - 1, day, hour, minute, second);
    if (new Date(shownMs).getUTCDate() !== day) return undefined;
    const offset = z === 0 ? localOffset(shownMs, offsetAt) : offsetOf(match[z]!);
    const nanos = f === 0 ? "" : (match[f] ?? "");
    return BigInt(shownMs / 1_000 - offset) * 1_000_000_000n + (nanos === "" ? 0n : BigInt(nanos.padEnd(9, "0")));
  };
}

/** Seconds east of UTC. */
function offsetOf(text: string): number {
  if (text === "Z") return 0;
  const digits = text.slice(1).replace(":", "").padEnd(4, "0");
  const size = Number(digits.slice(0, 2)) * 3_600 + Number(digits.slice(2)) * 60;
  return text.startsWith("-") ? -size : size;
}

/** Of the time that a clock there shows. */
function localOffset(shownMs: number, offsetAt: (unixMs: number) => number): number {
  return offsetAt(shownMs - offsetAt(shownMs) * 1_000);
}

/** Logs come in order: their offsets are those of the same hour, twice each. Clocks change at full hours of UTC, or halves. */
function cachedOffset(zone: Zone): (unixMs: number) => number {
  const known = new Map<number, number>();
  return (unixMs) => {
    const halfHour = Math.floor(unixMs / (HOUR_MS / 2));
    let offset = known.get(halfHour);
    if (offset === undefined) {
      if (known.size >= 64) known.clear();
      offset = zone.offsetAt(halfHour * (HOUR_MS / 2));
      known.set(halfHour, offset);
    }
    return offset;
  };
}
