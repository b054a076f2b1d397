/** What those who show metrics to Prometheus have in common, beside the names of `prometheus-name.ts`. */
export { escapedName, type Escaping, isLegacyName } from "./escaped-name.ts";
export { negotiate, type Negotiated, type PrometheusFormat } from "./negotiate.ts";
export { DEFAULT_OTLP_SETTINGS, labelOptions, nameOptions, type OtlpSettings } from "./otlp-settings.ts";
export { NATIVE_HISTOGRAM, NO_TRANSLATION, PROMETHEUS_METADATA, PROMETHEUS_POINT_FLAGS } from "./series-in-otlp.ts";
export { TRANSLATION_STRATEGIES, type TranslationStrategy } from "./translation-strategy.ts";
