import { compression, headers, tls, type TlsConfig } from "../../../export/client-config.ts";
import { senderFields, type SenderConfig } from "../../../export/sender-config.ts";
import { field, integer, section, string, type Schema } from "../../../schema/schema.ts";

export interface OtlpGrpcConfig extends SenderConfig {
  readonly endpoint: string;
  readonly tls: TlsConfig;
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: "gzip" | "none";
  readonly read_buffer_size: number;
  readonly write_buffer_size: number;
}

export const schema: Schema<OtlpGrpcConfig> = section<OtlpGrpcConfig>(
  {
    endpoint: field(string, "", "Where to send, `host:port`; with `http://` before it, without TLS. Required."),
    tls: field(tls, undefined, "How the connection is secured."),
    headers: field(headers, undefined, "Metadata sent with every request."),
    compression: field(compression, "gzip", "How requests are compressed."),
    read_buffer_size: field(integer(), 32_768, "Accepted; Node sizes its buffers itself."),
    write_buffer_size: field(integer(), 524_288, "Accepted; Node sizes its buffers itself."),
    ...senderFields,
  },
  ({ endpoint }, place) => {
    if (endpoint === "") place.at("endpoint").problem('requires a non-empty "endpoint"', "write host:port");
    else if (
      !/^(?:https?:\/\/|dns:\/\/\/)?[^/:]+:\d+$|^(?:https?:\/\/|dns:\/\/\/)?\[[^\]]+\]:\d+$|^https?:\/\/[^/]+\/?$/.test(
        endpoint,
      )
    ) {
      place.at("endpoint").problem(`expected host:port, got ${JSON.stringify(endpoint)}`, 'write "jaeger:4317"');
    }
  },
);
