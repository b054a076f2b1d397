/** In the place of `@opentelemetry/exporter-logs-otlp-http`. */
import { OTLPLogExporter as OtlpLogExporter } from "../../otlp/otlp-log-exporter.ts";
import { type OfficialOtlpConfig, otlpConfigOf } from "../otlp-config.ts";

export class OTLPLogExporter extends OtlpLogExporter {
  constructor(config: OfficialOtlpConfig = {}) {
    super(otlpConfigOf("http/json", config));
  }
}
