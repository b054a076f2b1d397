/** What a user changes of the metrics that instruments give. Source: metrics SDK specification, "View". */
import type { InstrumentationScope } from "../common/instrumentation-scope.ts";
import { wildcardMatcher } from "../common/wildcard.ts";
import type { AggregationOption } from "./aggregation-option.ts";
import type { IAttributesProcessor } from "./attributes-processor.ts";
import type { ExemplarReservoir } from "./exemplar-reservoir.ts";
import type { InstrumentDescriptor } from "./instrument-descriptor.ts";
import type { InstrumentType } from "./instrument-type.ts";

/**
 * The first six say which instruments are meant: those to which all that are given apply. The others say what
 * becomes of them; what is not given stays as it would be without a view.
 */
export interface ViewOptions {
  /** A name, in which `*` stands for any characters or none, and `?` for one. */
  readonly instrumentName?: string;
  readonly instrumentType?: InstrumentType;
  readonly instrumentUnit?: string;
  readonly meterName?: string;
  readonly meterVersion?: string;
  readonly meterSchemaUrl?: string;
  readonly name?: string;
  readonly description?: string;
  /**
   * Applied one after the other: see `createAllowListAttributesProcessor` and `createDenyListAttributesProcessor`.
   * Attributes that are left out may still be exported with exemplars; `exemplarFilter: "always_off"` prevents that.
   */
  readonly attributesProcessors?: readonly IAttributesProcessor[];
  readonly aggregation?: AggregationOption;
  /** How many series each metric may have; further ones share an overflow series. */
  readonly aggregationCardinalityLimit?: number;
  /** Makes the reservoir of a series. */
  readonly exemplarReservoir?: (aggregation: AggregationOption) => ExemplarReservoir;
}

/**
 * What happens when several views match an instrument: `independent` makes a metric of each; `composable` joins those
 * that do not differ in `name`, the later ones winning, with all their attributes processors.
 */
export type ViewMatchingMode = "independent" | "composable";

/** What a metric is made of, as far as views say so. */
export type StreamOptions = Pick<
  ViewOptions,
  "name" | "description" | "attributesProcessors" | "aggregation" | "aggregationCardinalityLimit" | "exemplarReservoir"
>;

export function matches(view: ViewOptions, instrument: InstrumentDescriptor, scope: InstrumentationScope): boolean {
  return (
    (view.instrumentName === undefined || wildcardMatcher(view.instrumentName)(instrument.name)) &&
    isGiven(view.instrumentType, instrument.type) &&
    isGiven(view.instrumentUnit, instrument.unit) &&
    isGiven(view.meterName, scope.name) &&
    isGiven(view.meterVersion, scope.version ?? "") &&
    isGiven(view.meterSchemaUrl, scope.schemaUrl ?? "")
  );
}

/** The options of each metric that the views make of an instrument they match; in the order of the views. */
export function streamsOf(matching: readonly ViewOptions[], mode: ViewMatchingMode): readonly StreamOptions[] {
  if (mode === "independent") return matching;
  const names = new Set(matching.map(({ name }) => name).filter((name) => name !== undefined));
  const groups = names.size === 0 ? [undefined] : names;
  return [...groups].map((name) => composed(matching.filter((view) => view.name === undefined || view.name === name)));
}

function composed(views: readonly ViewOptions[]): StreamOptions {
  const attributesProcessors = views.flatMap((view) => view.attributesProcessors ?? []);
  const given = views.map((view) =>
    Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined && value !== null)),
  );
  const hasProcessors = views.some((view) => view.attributesProcessors !== undefined);
  return { ...(Object.assign({}, ...given) as StreamOptions), ...(hasProcessors && { attributesProcessors }) };
}

function isGiven(wanted: string | undefined, actual: string): boolean {
  return wanted === undefined || wanted === actual;
}
