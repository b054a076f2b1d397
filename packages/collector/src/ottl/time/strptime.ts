/**
 * Times written and read by formats such as `%Y-%m-%d`. The directives are those of the
 * original, where they mean what Go's layouts mean: numbers may come without leading zeros,
 * and a fraction needs its `.` or `,` in the format.
 */
import { OttlError } from "../ottl-error.ts";
import type { Time } from "../ottl-value.ts";
import { partsOf, timeOf, unixMsOf, type CalendarParts } from "./calendar.ts";
import { DAYS, MONTHS, namesIn, type Names } from "./names.ts";
import { fixedZone, UTC, zoneNamed, type Zone } from "./zone.ts";

/** Directives that stand for others. */
const COMPOUND: Readonly<Record<string, string>> = {
  D: "%m/%d/%Y",
  x: "%m/%d/%Y",
  F: "%Y-%m-%d",
  T: "%H:%M:%S",
  X: "%H:%M:%S",
  r: "%I:%M:%S %P",
  R: "%H:%M",
  c: "%a %b %d %H:%M:%S %Y",
};

/** As `COMPOUND`, where reading is looser: a short year is tried too. */
const COMPOUND_SHORT: Readonly<Record<string, string>> = { D: "%m/%d/%y", x: "%m/%d/%y" };

const DIRECTIVES = "YymoqbhBdegaAHlIpPMSLfsZzwijkDxFTXrRnt%c";
const ELEMENT = /[.,]%[Lfs]|%.|[\s\S]/gu;

/** Throws unless `format` has only directives that there are. */
export function validateFormat(format: string): void {
  if (/\d/.test(format)) throw new OttlError("format string should not contain decimals");
  const fraction = /[^.,]%[Lfs]/.exec(format)?.[0];
  if (fraction !== undefined) {
    throw new OttlError(`invalid fractional seconds directive: '${fraction}'. must be preceded with '.' or ','`);
  }
  const unknown = [...format.matchAll(/%(.)/gu)].filter(([, directive]) => !DIRECTIVES.includes(directive!));
  if (unknown.length === 0) return;
  const list = unknown.map(([written]) => `unsupported ctimefmt.toNative() directive: ${written}`).join(" ");
  throw new OttlError(`invalid strptime format: [${list}]`);
}

const DIGITS = { L: 3, f: 6, s: 9 };
type FractionDirective = keyof typeof DIGITS;

function elementsOf(format: string, compound: Readonly<Record<string, string>>): string[] {
  const expanded = format
    .replaceAll(/%(.)/gu, (written, directive: string) => compound[directive] ?? written)
    // A fraction that follows nothing is what Go's layout makes of it: these digits.
    .replace(/^%[Lfs]/, (written) => "9".repeat(DIGITS[written[1] as FractionDirective]));
  return expanded.match(ELEMENT) ?? [];
}

/** Writes the time. */
export function formatTime(format: string, time: Time): string {
  const parts = partsOf(time);
  return elementsOf(format, COMPOUND)
    .map((element) => formatted(element, parts, time))
    .join("");
}

function formatted(element: string, parts: CalendarParts, time: Time): string {
  if (element.length === 1) return element;
  if (/^[.,]/.test(element)) return fractionText(element, parts.nanosecond);
  const hour12 = parts.hour % 12 === 0 ? 12 : parts.hour % 12;
  switch (element[1]) {
    case "Y":
      return padded(parts.year, 4);
    case "y":
      return padded(parts.year % 100, 2);
    case "m":
      return padded(parts.month, 2);
    case "o":
      return `_${parts.month}`;
    case "q":
      return String(parts.month);
    case "b":
    case "h":
      return MONTHS[parts.month - 1]!.slice(0, 3);
    case "B":
      return MONTHS[parts.month - 1]!;
    case "d":
      return padded(parts.day, 2);
    case "e":
      return String(parts.day).padStart(2);
    case "g":
      return String(parts.day);
    case "a":
      return DAYS[parts.weekday]!.slice(0, 3);
    case "A":
      return DAYS[parts.weekday]!;
    case "H":
      return padded(parts.hour, 2);
    case "l":
      return String(hour12);
    case "I":
      return padded(hour12, 2);
    case "p":
      return parts.hour >= 12 ? "PM" : "AM";
    case "P":
      return parts.hour >= 12 ? "pm" : "am";
    case "M":
      return padded(parts.minute, 2);
    case "S":
      return padded(parts.second, 2);
    case "n":
      return "\n";
    case "t":
      return "\t";
    case "%":
      return "%";
    default:
      return formattedZone(element[1]!, time);
  }
}

function formattedZone(directive: string, time: Time): string {
  const offset = time.zone.offsetAt(unixMsOf(time));
  switch (directive) {
    case "Z":
      return time.zone.abbreviationAt(unixMsOf(time));
    case "z":
      return offset === 0 ? "Z" : offsetText(offset, "", 2);
    case "w":
      return offsetText(offset, "", 3);
    case "i":
      return offsetText(offset, "", 1);
    case "j":
      return offsetText(offset, ":", 2);
    default:
      return offsetText(offset, ":", 3);
  }
}

function offsetText(offset: number, separator: string, count: number): string {
  const size = Math.abs(offset);
  const fields = [Math.trunc(size / 3_600), Math.trunc((size % 3_600) / 60), size % 60];
  const text = fields.slice(0, count).map((field) => padded(field, 2));
  return (offset < 0 ? "-" : "+") + text.join(separator);
}

/** `.%f` without zeros at its end; nothing at all where the fraction is 0. */
function fractionText(element: string, nanosecond: number): string {
  const digits = DIGITS[element[2] as FractionDirective];
  const text = padded(nanosecond, 9).slice(0, digits).replace(/0+$/, "");
  return text === "" ? "" : element[0] + text;
}

function padded(value: number, length: number): string {
  return value < 0 ? `-${String(-value).padStart(length, "0")}` : String(value).padStart(length, "0");
}

export interface TimeParserSettings {
  readonly format: string;
  /** Where a time without a zone is. */
  readonly zone: Zone;
  /** A BCP 47 language in which months and days are named, besides English. */
  readonly locale?: string | undefined;
  readonly nowMs: () => number;
}

/** A function that reads times of a format. Throws where the format or the language is unknown. */
export function timeParser({ format, zone, locale, nowMs }: TimeParserSettings): (text: string) => Time {
  validateFormat(format);
  const names = namesIn(locale);
  const layouts = [elementsOf(format, COMPOUND)];
  const isShort = /%[Dx]/.test(format);
  if (isShort) layouts.push(elementsOf(format, { ...COMPOUND, ...COMPOUND_SHORT }));
  return (text) => {
    let first: unknown;
    for (const layout of layouts) {
      try {
        return new Reading(text, format, names).read(layout, zone, nowMs());
      } catch (error) {
        first ??= error;
      }
    }
    throw first;
  };
}

/** One text being read. */
class Reading {
  readonly #text: string;
  readonly #format: string;
  readonly #names: Names;
  #at = 0;
  readonly #parts = { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0, nanosecond: 0 };
  #isAfternoon: boolean | undefined;
  #zone: Zone | undefined;

  constructor(text: string, format: string, names: Names) {
    this.#text = text;
    this.#format = format;
    this.#names = names;
  }

  read(layout: readonly string[], zone: Zone, nowMs: number): Time {
    for (const [i, element] of layout.entries()) this.#element(element, layout[i + 1]);
    if (this.#at < this.#text.length) throw this.#error(`: extra text: ${JSON.stringify(this.#rest)}`);
    const parts = this.#parts;
    if (this.#isAfternoon === true && parts.hour < 12) parts.hour += 12;
    if (this.#isAfternoon === false && parts.hour === 12) parts.hour = 0;
    if (parts.day > new Date(Date.UTC(parts.year, parts.month, 0)).getUTCDate())
      throw this.#error(": day out of range");
    return withYear(timeOf(parts, this.#zone ?? zone), parts, nowMs);
  }

  #element(element: string, next: string | undefined): void {
    if (element.length === 1) return this.#literal(element);
    if (/^[.,]/.test(element)) return this.#fraction();
    const parts = this.#parts;
    switch (element[1]) {
      case "Y":
        parts.year = this.#number(element, 4, 4);
        return;
      case "y": {
        const year = this.#number(element, 2, 2);
        parts.year = year >= 69 ? year + 1900 : year + 2000;
        return;
      }
      case "m":
      case "o":
      case "q":
        parts.month = this.#number(element, 1, 2, [1, 12, "month"]);
        return;
      case "d":
      case "e":
      case "g":
        parts.day = this.#number(element, 1, 2, [1, 31, "day"]);
        return;
      case "H":
        parts.hour = this.#number(element, 1, 2, [0, 23, "hour"]);
        return;
      case "I":
      case "l":
        parts.hour = this.#number(element, 1, 2, [0, 12, "hour"]);
        return;
      case "M":
        parts.minute = this.#number(element, 1, 2, [0, 59, "minute"]);
        return;
      case "S":
        parts.second = this.#number(element, 1, 2, [0, 59, "second"]);
        // A fraction may follow though the format has none.
        if (next === undefined || !/^[.,]%/.test(next)) this.#fraction();
        return;
      case "n":
        return this.#literal("\n");
      case "t":
        return this.#literal("\t");
      case "%":
        return this.#literal("%");
      default:
        return this.#word(element);
    }
  }

  #word(element: string): void {
    const { long, short, longDays, shortDays } = this.#names;
    switch (element[1]) {
      case "b":
      case "h":
        this.#parts.month = this.#name(element, short) + 1;
        return;
      case "B":
        this.#parts.month = this.#name(element, long) + 1;
        return;
      case "a":
        this.#name(element, shortDays);
        return;
      case "A":
        this.#name(element, longDays);
        return;
      case "p":
      case "P": {
        const [morning, afternoon] = element[1] === "p" ? ["AM", "PM"] : ["am", "pm"];
        const found = this.#text.slice(this.#at, this.#at + 2);
        if (found !== morning && found !== afternoon) throw this.#cannotParse(element);
        this.#isAfternoon = found === afternoon;
        this.#at += 2;
        return;
      }
      case "Z":
        return this.#zoneName(element);
      default:
        return this.#offset(element);
    }
  }

  /** Spaces match any number of spaces. */
  #literal(character: string): void {
    if (character === " ") {
      if (this.#at < this.#text.length && this.#text[this.#at] !== " " && this.#text[this.#at - 1] !== " ") {
        throw this.#cannotParse(character);
      }
      while (this.#text[this.#at] === " ") this.#at++;
      return;
    }
    if (this.#text[this.#at] !== character) throw this.#cannotParse(character);
    this.#at++;
  }

  #number(element: string, least: number, most: number, range?: readonly [number, number, string]): number {
    const found = new RegExp(`\\s*(\\d{${least},${most}})`, "y");
    found.lastIndex = this.#at;
    const match = found.exec(this.#text);
    if (match === null) throw this.#cannotParse(element);
    this.#at = found.lastIndex;
    const value = Number(match[1]);
    if (range !== undefined && (value < range[0] || value > range[1])) throw this.#error(`: ${range[2]} out of range`);
    return value;
  }

  #fraction(): void {
    const found = /[.,](\d+)/y;
    found.lastIndex = this.#at;
    const match = found.exec(this.#text);
    if (match === null) return;
    this.#at = found.lastIndex;
    this.#parts.nanosecond = Number(match[1]!.slice(0, 9).padEnd(9, "0"));
  }

  #name(element: string, lists: readonly (readonly string[])[]): number {
    const rest = this.#rest.toLowerCase();
    let best = -1;
    let bestLength = 0;
    for (const names of lists) {
      for (const [i, name] of names.entries()) {
        if (name.length > bestLength && rest.startsWith(name.toLowerCase())) [best, bestLength] = [i, name.length];
      }
    }
    if (best < 0) throw this.#cannotParse(element);
    this.#at += bestLength;
    return best;
  }

  #zoneName(element: string): void {
    const found = /[A-Z]{3,5}/y;
    found.lastIndex = this.#at;
    const name = found.exec(this.#text)?.[0];
    if (name === undefined) throw this.#cannotParse(element);
    this.#at = found.lastIndex;
    this.#zone = name === "UTC" || name === "GMT" ? UTC : zoneNamed(name);
  }

  #offset(element: string): void {
    const forms: Readonly<Record<string, RegExp>> = {
      z: /Z|([+-])(\d\d)(?::?(\d\d))?/y,
      w: /([+-])(\d\d)(\d\d)(\d\d)/y,
      i: /([+-])(\d\d)/y,
      j: /([+-])(\d\d):(\d\d)/y,
      k: /([+-])(\d\d):(\d\d):(\d\d)/y,
    };
    const form = forms[element[1]!]!;
    form.lastIndex = this.#at;
    const match = form.exec(this.#text);
    if (match === null) throw this.#cannotParse(element);
    this.#at = form.lastIndex;
    const [, sign, hours = "0", minutes = "0", seconds = "0"] = match;
    const size = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
    this.#zone = size === 0 ? UTC : fixedZone(sign === "-" ? -size : size);
  }

  get #rest(): string {
    return this.#text.slice(this.#at);
  }

  #cannotParse(element: string): OttlError {
    const what = `cannot parse ${JSON.stringify(this.#rest)} as ${JSON.stringify(element)}`;
    return this.#error(` as ${JSON.stringify(this.#format)}: ${what}`);
  }

  #error(what: string): OttlError {
    return new OttlError(`parsing time ${JSON.stringify(this.#text)}${what}`);
  }
}

/** A time without a year is of this one, or of the last where it would be more than a week ahead. */
function withYear(time: Time, parts: Omit<CalendarParts, "weekday">, nowMs: number): Time {
  if (parts.year > 0) return time;
  const WEEK_MS = 7 * 24 * 3_600_000;
  const year = new Date(nowMs).getUTCFullYear();
  const thisYear = timeOf({ ...parts, year }, time.zone);
  return unixMsOf(thisYear) > nowMs + WEEK_MS ? timeOf({ ...parts, year: year - 1 }, time.zone) : thisYear;
}
