import { includeExclude } from "../../common/wildcard.ts";
import { type AggregationOption, AggregationType, boundariesProblem } from "../../metrics/aggregation-option.ts";
import { KeyFilter } from "../../metrics/attributes-processor.ts";
import { InstrumentType } from "../../metrics/instrument-type.ts";
import type { ViewOptions } from "../../metrics/view.ts";
import type { Section } from "./section.ts";

const INSTRUMENT_TYPES: Readonly<Record<string, InstrumentType>> = Object.fromEntries(
  Object.values(InstrumentType).map((type) => [type.toLowerCase(), type]),
);

type Possibly<Options> = { [Key in keyof Options]?: Options[Key] | undefined };

/** A view of `meter_provider.views`. */
export function readView(section: Section): ViewOptions {
  const selector = section.section("selector")?.read(readSelector);
  const stream = section.section("stream")?.read(readStream);
  if (selector === undefined) section.missing("selector");
  if (stream === undefined) section.missing("stream");
  return withoutAbsent<ViewOptions>({ ...selector, ...stream });
}

function readSelector(section: Section): Possibly<ViewOptions> {
  const type = section.choice("instrument_type", Object.keys(INSTRUMENT_TYPES));
  return {
    instrumentName: section.text("instrument_name"),
    instrumentType: INSTRUMENT_TYPES[type ?? ""],
    instrumentUnit: section.text("unit"),
    meterName: section.text("meter_name"),
    meterVersion: section.text("meter_version"),
    meterSchemaUrl: section.text("meter_schema_url"),
  };
}

function readStream(section: Section): Possibly<ViewOptions> {
  const keys = section
    .section("attribute_keys")
    ?.read((one) => new KeyFilter(includeExclude(one.texts("included"), one.texts("excluded"))));
  return {
    name: section.text("name"),
    description: section.text("description"),
    aggregation: readAggregation(section),
    aggregationCardinalityLimit: section.integer("aggregation_cardinality_limit", { least: 1 }),
    attributesProcessors: keys && [keys],
  };
}

/** One of the aggregations by its name, with or without settings below it. */
function readAggregation(stream: Section): AggregationOption | undefined {
  const section = stream.section("aggregation");
  if (section === undefined) return undefined;
  const [name, ...more] = Object.keys(section.properties);
  const read = name !== undefined && Object.hasOwn(AGGREGATIONS, name) ? AGGREGATIONS[name] : undefined;
  if (name === undefined || read === undefined || more.length > 0) {
    const expected = `one of ${Object.keys(AGGREGATIONS).join(", ")}`;
    return section.note("", `expected ${expected}, got ${Object.keys(section.properties).join(", ") || "nothing"}`);
  }
  return section.sectionOrEmpty(name)?.read(read);
}

const AGGREGATIONS: Readonly<Record<string, (section: Section) => AggregationOption>> = {
  default: () => ({ type: AggregationType.DEFAULT }),
  drop: () => ({ type: AggregationType.DROP }),
  sum: () => ({ type: AggregationType.SUM }),
  last_value: () => ({ type: AggregationType.LAST_VALUE }),
  explicit_bucket_histogram: (section) => ({
    type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
    options: withoutAbsent({ boundaries: readBoundaries(section), recordMinMax: section.boolean("record_min_max") }),
  }),
  base2_exponential_bucket_histogram: (section) => ({
    type: AggregationType.EXPONENTIAL_HISTOGRAM,
    options: withoutAbsent({
      maxScale: section.integer("max_scale", { least: -10, most: 20 }),
      maxSize: section.integer("max_size", { least: 2 }),
      recordMinMax: section.boolean("record_min_max"),
    }),
  }),
};

function readBoundaries(section: Section): number[] | undefined {
  const isNumber = (item: unknown): item is number => typeof item === "number";
  const boundaries = section.list("boundaries", "numbers", isNumber, 0);
  const problem = boundariesProblem(boundaries);
  return problem === undefined ? boundaries : section.note("boundaries", problem);
}

/** What is `undefined` counts as not given, which the options tell apart. */
function withoutAbsent<Options extends object>(options: Possibly<Options>): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}
