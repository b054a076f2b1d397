import { compression, headers, tls, type TlsConfig } from "../../../export/client-config.ts";
import { senderFields, type SenderConfig } from "../../../export/sender-config.ts";
import { duration, field, integer, oneOf, optional, section, string, type Schema } from "../../../schema/schema.ts";

export interface OtlpHttpConfig extends SenderConfig {
  readonly endpoint: string;
  readonly traces_endpoint: string | undefined;
  readonly metrics_endpoint: string | undefined;
  readonly logs_endpoint: string | undefined;
  readonly encoding: "proto" | "json";
  readonly tls: TlsConfig;
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: "gzip" | "none";
  readonly read_buffer_size: number;
  readonly write_buffer_size: number;
}

export const schema: Schema<OtlpHttpConfig> = section<OtlpHttpConfig>(
  {
    endpoint: field(string, "", "Where to send, a URL to which `/v1/traces` and so on are added."),
    traces_endpoint: field(optional(string), undefined, "The whole URL for traces, instead."),
    metrics_endpoint: field(optional(string), undefined, "The whole URL for metrics, instead."),
    logs_endpoint: field(optional(string), undefined, "The whole URL for logs, instead."),
    encoding: field(oneOf("proto", "json"), "proto", "How requests are written."),
    tls: field(tls, undefined, "How the connection is secured, where the URL says `https`."),
    headers: field(headers, undefined, "Headers sent with every request."),
    compression: field(compression, "gzip", "How requests are compressed."),
    read_buffer_size: field(integer(), 0, "Accepted; Node sizes its buffers itself."),
    write_buffer_size: field(integer(), 524_288, "Accepted; Node sizes its buffers itself."),
    ...senderFields,
    timeout: field(duration, "30s", "How long one attempt may take."),
  },
  (config, place) => {
    const given = ["endpoint", "traces_endpoint", "metrics_endpoint", "logs_endpoint"] as const;
    const urls = given.filter((key) => (config[key] ?? "") !== "");
    if (urls.length === 0)
      place.problem("at least one endpoint must be specified", 'write endpoint: "http://host:4318"');
    for (const key of urls) {
      const url = config[key] ?? "";
      if (!URL.canParse(url) || !/^https?:\/\//.test(url)) {
        place.at(key).problem(`expected a URL, got ${JSON.stringify(url)}`, 'write "http://host:4318"');
      }
    }
  },
);
