import type { SeverityNumber } from "@opentelemetry/api-logs";

/** `SeverityNumber` of the schema: six names, each with four degrees. */
const NAMES = ["trace", "debug", "info", "warn", "error", "fatal"] as const;

export const SEVERITIES: readonly string[] = NAMES.flatMap((name) => [name, `${name}2`, `${name}3`, `${name}4`]);

/** The number that logs have for it: `trace` is 1, `fatal4` is 24. */
export function severityNumber(name: string | undefined): SeverityNumber | undefined {
  return name === undefined ? undefined : SEVERITIES.indexOf(name) + 1;
}
