const RANGES = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const NUMBERS_PER_RANGE = 4;

/** The short name of a severity number, `INFO2`; empty where it is none. Source: logs data model, "Displaying Severity". */
export function severityName(severityNumber: number | undefined): string {
  const index = (severityNumber ?? 0) - 1;
  const range = RANGES[Math.floor(index / NUMBERS_PER_RANGE)];
  if (range === undefined) return "";
  const step = index % NUMBERS_PER_RANGE;
  return step === 0 ? range : `${range}${step + 1}`;
}
