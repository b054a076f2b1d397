/** How names become those of Prometheus. Source: specification, Prometheus exporter, "Translation strategy". */
export const TRANSLATION_STRATEGIES = [
  /** `http.requests` of `By` → `http_requests_bytes_total` */
  "UnderscoreEscapingWithSuffixes",
  /** → `http_requests` */
  "UnderscoreEscapingWithoutSuffixes",
  /** → `http.requests_bytes_total` */
  "NoUTF8EscapingWithSuffixes",
  /** → `http.requests` */
  "NoTranslation",
] as const;
export type TranslationStrategy = (typeof TRANSLATION_STRATEGIES)[number];
