/** `SeverityNumber` of the schema: six names, each with four degrees. */
const NAMES = ["trace", "debug", "info", "warn", "error", "fatal"] as const;

export const SEVERITIES: readonly string[] = NAMES.flatMap((name) => [name, `${name}2`, `${name}3`, `${name}4`]);
