/** Durations as Go writes them and the API reads them: `250ms`, `1.5s`, `2m30s`. */
const UNITS = "ns|us|µs|ms|s|m|h";
const DURATION = new RegExp(String.raw`^(?:\d+(?:\.\d+)?(?:${UNITS}))+$`);

/** The duration as the API reads it, a bare number being milliseconds; undefined where it is none. */
export function durationText(text: string): string | undefined {
  const compact = text.replaceAll(/\s+/g, "");
  if (/^\d+(?:\.\d+)?$/.test(compact)) return `${compact}ms`;
  return DURATION.test(compact) ? compact : undefined;
}
