/** Times in entries: `strptime`, Go's layouts, and seconds since the epoch. */
import { field, map, oneOf, section, string, type Fields, type Schema } from "../../../../schema/schema.ts";
import { localZone, UTC, zoneNamed, type Zone } from "../../../../ottl/time/zone.ts";
import { timeParser as strptimeParser } from "../../../../ottl/time/strptime.ts";
import { typeName, type ExprValue } from "../../../../expr/value.ts";
import { entryField, type EntryField } from "../field.ts";
import type { Entry } from "../entry.ts";
import { compiledLayout } from "./compiled-layout.ts";
import { operatorFields, transformer, type OperatorConfig, type OperatorType } from "./operator.ts";

export interface TimeConfig {
  readonly parse_from: EntryField;
  readonly layout: string;
  readonly layout_type: "strptime" | "gotime" | "epoch";
  readonly location: string;
  readonly time_zone_locations: Readonly<Record<string, string>>;
}

const EPOCH_LAYOUTS = new Set(["s", "ms", "us", "ns", "s.ms", "s.us", "s.ns"]);
const NANOS: Readonly<Record<string, bigint>> = { s: 1_000_000_000n, ms: 1_000_000n, us: 1_000n, ns: 1n };

export const timeFields: Fields<TimeConfig> = {
  parse_from: field(entryField, "", "Where the time stands."),
  layout: field(string, "", "How it is written."),
  layout_type: field(oneOf("strptime", "gotime", "epoch"), "strptime", "In which language `layout` says so."),
  location: field(string, "", "Where times without a zone are; by default here."),
  time_zone_locations: field(map(string), undefined, "Places for abbreviations of zones."),
};

export const timeConfig: Schema<TimeConfig> = section<TimeConfig>(timeFields, (config, place) => {
  try {
    timeSetter(config, () => 0);
  } catch (error) {
    place.problem(error instanceof Error ? error.message : String(error), "correct the layout");
  }
});

export const timeParser: OperatorType<OperatorConfig & TimeConfig> = {
  type: "time_parser",
  schema: section({ ...operatorFields, ...timeFields }),
  create: (config, tools) =>
    transformer(
      config,
      tools,
      timeSetter(config, () => tools.clock.nowMs()),
    ),
};

/** Sets an entry's time. Throws for a layout that is none. */
export function timeSetter(config: TimeConfig, nowMs: () => number): (entry: Entry) => void {
  const { parse_from: from, layout } = config;
  if (layout === "") throw new TypeError("missing required configuration parameter `layout`");
  const read = config.layout_type === "epoch" ? epochReader(layout) : calendarReader(config, nowMs);
  return (entry) => {
    const value = from.get(entry);
    if (value === undefined) throw new TypeError("log entry does not have the expected parse_from field");
    entry.timeUnixNano = read(value);
  };
}

function calendarReader(config: TimeConfig, nowMs: () => number): (value: ExprValue) => bigint {
  const { layout, layout_type, time_zone_locations: locations } = config;
  const format = layout_type === "gotime" ? strptimeOf(layout) : layout;
  const parserFor = (zone: Zone): ((text: string) => bigint) => {
    const any = strptimeParser({ format, zone, nowMs });
    const usual = compiledLayout(format, zone);
    return usual === undefined ? (text) => any(text).unixNano : (text) => usual(text) ?? any(text).unixNano;
  };
  const usual = parserFor(zoneOf(config));
  const byAbbreviation = new Map(Object.entries(locations).map(([name, place]) => [name, parserFor(zoneNamed(place))]));
  return (value) => {
    if (typeof value !== "string") throw new TypeError(`type ${typeName(value)} cannot be parsed as a time`);
    if (byAbbreviation.size === 0) return usual(value);
    const found = value.match(/\b[A-Z]{2,5}\b/g)?.find((word) => byAbbreviation.has(word));
    return (byAbbreviation.get(found ?? "") ?? usual)(value);
  };
}

function zoneOf({ location, layout, layout_type }: TimeConfig): Zone {
  if (location !== "" && location !== "Local") return zoneNamed(location);
  const endsInZulu = layout.endsWith("Z") && (layout_type !== "strptime" || !layout.endsWith("%Z"));
  return location === "" && endsInZulu ? UTC : localZone();
}

// Longer elements stand before those that they begin with.
const GO_ELEMENTS: readonly (readonly [string, string])[] = [
  ["January", "%B"],
  ["Jan", "%b"],
  ["Monday", "%A"],
  ["Mon", "%a"],
  ["MST", "%Z"],
  ["2006", "%Y"],
  ["-07:00:00", "%k"],
  ["-070000", "%w"],
  ["-07:00", "%j"],
  ["-0700", "%z"],
  ["-07", "%i"],
  ["Z07:00", "%z"],
  ["Z0700", "%z"],
  ["01", "%m"],
  ["02", "%d"],
  ["03", "%I"],
  ["04", "%M"],
  ["05", "%S"],
  ["06", "%y"],
  ["15", "%H"],
  ["_2", "%e"],
  ["PM", "%p"],
  ["pm", "%P"],
  ["1", "%q"],
  ["2", "%g"],
  ["3", "%l"],
  ["4", "%M"],
  ["5", "%S"],
];
const GO_ELEMENT = new RegExp(`[.,](?:0+|9+)(?!\\d)|${GO_ELEMENTS.map(([go]) => go).join("|")}|%`, "g");

/** A layout of Go's in the words of strptime. Fractions may have any number of digits in both. */
function strptimeOf(layout: string): string {
  const directives = new Map(GO_ELEMENTS);
  return layout.replaceAll(GO_ELEMENT, (element) => {
    if (element === "%") return "%%";
    return directives.get(element) ?? `${element[0]}%s`;
  });
}

function epochReader(layout: string): (value: ExprValue) => bigint {
  if (!EPOCH_LAYOUTS.has(layout)) {
    throw new TypeError("invalid `layout` for `epoch` type: specify 's', 'ms', 'us', 'ns', 's.ms', 's.us', or 's.ns'");
  }
  const [whole = "s", fraction] = layout.split(".");
  return (value) => {
    const stamp = stampOf(value, fraction);
    const match = (fraction === undefined ? /^(-?\d+)$/ : /^(-?\d+)\.(\d+)$/).exec(stamp);
    if (match === null) throw new TypeError(`invalid value '${stamp}' for layout '${layout}'`);
    const rest = fraction === undefined ? 0n : BigInt(match[2]!) * NANOS[fraction]!;
    return BigInt(match[1]!) * NANOS[whole]! + rest;
  };
}

const DIGITS: Readonly<Record<string, number>> = { ms: 3, us: 6, ns: 9 };

function stampOf(value: ExprValue, fraction: string | undefined): string {
  if (typeof value === "string") return value;
  if (typeof value === "bigint") return fraction === undefined ? String(value) : `${value}.0`;
  if (typeof value !== "number") throw new TypeError(`type ${typeName(value)} cannot be parsed as a time`);
  return fraction === undefined ? String(Math.trunc(value)) : value.toFixed(DIGITS[fraction]);
}
