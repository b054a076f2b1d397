import { diag } from "@opentelemetry/api";

/** Tells of the official options that are given and mean nothing here. */
export function warnOfIgnored(what: string, options: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(options).filter((name) => options[name] !== undefined);
  if (given.length > 0) diag.warn(`${what} has no use for ${given.join(", ")}: ignored`);
}
