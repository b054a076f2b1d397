import { otlpGrpcFields, type OtlpGrpcConfig } from "../../../export/otlp-grpc-config.ts";
import { section, type Schema } from "../../../schema/schema.ts";

export const schema: Schema<OtlpGrpcConfig> = section<OtlpGrpcConfig>(otlpGrpcFields, ({ endpoint }, place) => {
  if (endpoint === "") place.at("endpoint").problem('requires a non-empty "endpoint"', "write host:port");
  else if (
    !/^(?:https?:\/\/|dns:\/\/\/)?[^/:]+:\d+$|^(?:https?:\/\/|dns:\/\/\/)?\[[^\]]+\]:\d+$|^https?:\/\/[^/]+\/?$/.test(
      endpoint,
    )
  ) {
    place.at("endpoint").problem(`expected host:port, got ${JSON.stringify(endpoint)}`, 'write "jaeger:4317"');
  }
});
