import type { Attributes, Context, HrTime } from "@opentelemetry/api";
import { hrTimeOf } from "../common/hr-time.ts";
import { isDelta, MetricStorage } from "./metric-storage.ts";
import type { Series } from "./series.ts";

/** Of an instrument that is called at each measurement. */
export class SynchronousStorage extends MetricStorage {
  #hasBound = false;

  record(value: number, attributes: Attributes, context: Context): void {
    this.recordIn(this.find(attributes, context), value, attributes, context);
  }

  /** The series of `attributes`, which stays theirs however many others there will be. */
  bind(attributes: Attributes, context: Context): Series {
    this.#hasBound = true;
    const series = this.find(attributes, context);
    series.isBound = true;
    return series;
  }

  /** Records in a series of this storage, without a look-up. */
  recordIn(series: Series, value: number, attributes: Attributes, context: Context): void {
    series.isTouched = true;
    series.record(value);
    const { isEligible } = this.settings;
    if (isEligible !== undefined && isEligible(context)) this.offer(series, value, attributes, context);
  }

  /** With cumulative temporality every series goes on being reported; only a bound one may not have begun. */
  protected reported(series: readonly Series[]): readonly Series[] {
    return isDelta(this.settings.temporality) || this.#hasBound ? series.filter(({ isTouched }) => isTouched) : series;
  }

  protected finishInterval(endTime: HrTime): void {
    if (isDelta(this.settings.temporality)) this.startAgain(endTime);
  }

  /** Specification, "Start timestamps": delta series share the interval's, cumulative ones begin with their first measurement. */
  protected startTimeOfNew(): HrTime {
    return isDelta(this.settings.temporality) ? this.intervalStart : hrTimeOf(this.settings.clock.nowMs());
  }
}
