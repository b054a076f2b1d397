/** `--enable-feature`, as command lines of Prometheus have it: what it names there is on here, or of no effect. */

/** What is on, whether it is named or not. */
const ALWAYS_ON = new Set([
  "concurrent-rule-eval",
  "created-timestamp-zero-ingestion",
  "exemplar-storage",
  "metadata-wal-records",
  "native-histograms",
  "otlp-native-delta-ingestion",
  "promql-at-modifier",
  "promql-binop-fill-modifiers",
  "promql-delayed-name-removal",
  "promql-duration-expr",
  "promql-experimental-functions",
  "promql-extended-range-selectors",
  "promql-negative-offset",
  "remote-write-receiver",
  "otlp-write-receiver",
  "st-storage",
  "use-start-timestamps",
]);

/** The names in flags, each of which may have several, that change nothing. */
export function featuresWithoutEffect(flags: readonly string[]): readonly string[] {
  const names = flags.flatMap((flag) => flag.split(",")).map((name) => name.trim());
  return [...new Set(names)].filter((name) => name !== "" && !ALWAYS_ON.has(name));
}
