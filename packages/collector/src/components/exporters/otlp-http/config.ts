import { checkLevel } from "../../../export/client-config.ts";
import { checkUrl, httpConnectionFields, type HttpConnectionConfig } from "../../../export/http-client-config.ts";
import { senderFields, type SenderConfig } from "../../../export/sender-config.ts";
import { duration, field, oneOf, optional, section, string, type Schema } from "../../../schema/schema.ts";

export interface OtlpHttpConfig extends SenderConfig, HttpConnectionConfig {
  readonly endpoint: string;
  readonly traces_endpoint: string | undefined;
  readonly metrics_endpoint: string | undefined;
  readonly logs_endpoint: string | undefined;
  readonly encoding: "proto" | "json";
}

export const schema: Schema<OtlpHttpConfig> = section<OtlpHttpConfig>(
  {
    endpoint: field(string, "", "Where to send, a URL to which `/v1/traces` and so on are added."),
    traces_endpoint: field(optional(string), undefined, "The whole URL for traces, instead."),
    metrics_endpoint: field(optional(string), undefined, "The whole URL for metrics, instead."),
    logs_endpoint: field(optional(string), undefined, "The whole URL for logs, instead."),
    encoding: field(oneOf("proto", "json"), "proto", "How requests are written."),
    ...httpConnectionFields("gzip"),
    ...senderFields,
    timeout: field(duration, "30s", "How long one attempt may take."),
  },
  (config, place) => {
    checkLevel(config.compression, config.compression_params, place);
    const given = ["endpoint", "traces_endpoint", "metrics_endpoint", "logs_endpoint"] as const;
    const urls = given.filter((key) => (config[key] ?? "") !== "");
    if (urls.length === 0)
      place.problem("at least one endpoint must be specified", 'write endpoint: "http://host:4318"');
    for (const key of urls) checkUrl(config[key] ?? "", place.at(key), "http://host:4318");
  },
);
