import { type Attributes, type HrTime, ROOT_CONTEXT } from "@opentelemetry/api";
import { InstrumentType } from "./instrument-type.ts";
import { DataPointType } from "./metric-data.ts";
import { isDelta, MetricStorage } from "./metric-storage.ts";
import { ObservedSeries, type Series } from "./series.ts";

/** Of an instrument that is asked at each collection. What is observed is the total, not a change. */
export class ObservableStorage extends MetricStorage {
  observe(value: number, attributes: Attributes): void {
    const series = this.find(attributes, undefined);
    series.isTouched = true;
    if (this.isOverflow(series) && this.#adds() && series instanceof ObservedSeries) series.add(value);
    else series.record(value);
    const { isEligible } = this.settings;
    if (isEligible !== undefined && isEligible(ROOT_CONTEXT)) this.offer(series, value, attributes, ROOT_CONTEXT);
  }

  /** What was not observed this time is not reported. */
  protected reported(series: readonly Series[]): readonly Series[] {
    const observed = series.filter(({ isTouched }) => isTouched);
    const ofChanges = isDelta(this.settings.temporality) && this.#adds();
    for (const each of observed) if (each instanceof ObservedSeries) each.settle(ofChanges);
    return observed;
  }

  protected finishInterval(endTime: HrTime): void {
    this.startAgain(isDelta(this.settings.temporality) ? endTime : undefined);
  }

  /** Specification, "Start timestamps": of a series that was not there before, the collection before. */
  protected startTimeOfNew(): HrTime {
    return this.intervalStart;
  }

  #adds(): boolean {
    const { aggregation, descriptor } = this.settings;
    return aggregation.dataPointType === DataPointType.SUM && descriptor.type !== InstrumentType.OBSERVABLE_GAUGE;
  }
}
