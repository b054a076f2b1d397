/** In the place of `@opentelemetry/exporter-trace-otlp-proto`. */
import { OTLPTraceExporter as OtlpTraceExporter } from "../../otlp/otlp-trace-exporter.ts";
import { type OfficialOtlpConfig, otlpConfigOf } from "../otlp-config.ts";

export class OTLPTraceExporter extends OtlpTraceExporter {
  constructor(config: OfficialOtlpConfig = {}) {
    super(otlpConfigOf("http/protobuf", config));
  }
}
