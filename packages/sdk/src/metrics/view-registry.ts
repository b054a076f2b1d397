import { diag } from "@opentelemetry/api";
import type { InstrumentationScope } from "../common/instrumentation-scope.ts";
import { aggregationProblem } from "./aggregation-option.ts";
import type { InstrumentDescriptor } from "./instrument-descriptor.ts";
import { matches, type StreamOptions, streamsOf, type ViewMatchingMode, type ViewOptions } from "./view.ts";

const NO_OPTIONS: readonly StreamOptions[] = [{}];

/** The views of a provider. */
export class ViewRegistry {
  readonly #views: readonly ViewOptions[];
  readonly #mode: ViewMatchingMode;

  constructor(views: readonly ViewOptions[], mode: ViewMatchingMode) {
    this.#views = views.filter(hasCriteria);
    this.#mode = mode;
  }

  /** The options of each metric that becomes of an instrument: one with none where no view matches. */
  streamsOf(descriptor: InstrumentDescriptor, scope: InstrumentationScope): readonly StreamOptions[] {
    const matching = this.#views
      .filter((view) => matches(view, descriptor, scope))
      .map((view) => this.#withoutProblems(view, descriptor))
      .filter((view) => view !== undefined);
    return matching.length === 0 ? NO_OPTIONS : streamsOf(matching, this.#mode);
  }

  /** Specification, "Measurement processing": an independent view that cannot be applied is as if it did not exist. */
  #withoutProblems(view: ViewOptions, { name, type }: InstrumentDescriptor): ViewOptions | undefined {
    const { aggregation, aggregationCardinalityLimit: limit, ...rest } = view;
    const problem =
      (aggregation === undefined ? undefined : aggregationProblem(aggregation, type)) ??
      (limit === undefined || (Number.isInteger(limit) && limit > 0) ? undefined : `the cardinality limit is ${limit}`);
    if (problem === undefined) return view;
    const isIndependent = this.#mode === "independent";
    diag.warn(`a view of ${name} ${isIndependent ? "is ignored" : "is applied in part"}: ${problem}`);
    return isIndependent ? undefined : rest;
  }
}

function hasCriteria(view: ViewOptions): boolean {
  const criteria = [view.instrumentName, view.instrumentType, view.instrumentUnit];
  const meterCriteria = [view.meterName, view.meterVersion, view.meterSchemaUrl];
  if ([...criteria, ...meterCriteria].some((criterion) => criterion !== undefined && criterion !== null)) return true;
  diag.warn('a view is ignored: it does not say which instruments it is for; instrumentName "*" is for all');
  return false;
}
