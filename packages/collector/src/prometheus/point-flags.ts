/** OTLP's numbers that decide what a data point is to Prometheus. */
export const DELTA = 1;
export const CUMULATIVE = 2;
/** Flag of a data point that says that there is no value any more. */
export const NO_RECORDED_VALUE = 1;
