import type { HttpInstrumentationConfig, InstrumentationConfig } from "@clew/sdk";
import type { Environment } from "./instrumentation.ts";

const HTTP = "OTEL_INSTRUMENTATION_HTTP";

/** What a configuration file says of instrumentations, as the variables that mean the same; the file wins. */
export function withDeclarativeConfig(env: Environment, config: InstrumentationConfig): Environment {
  const { httpClient, httpServer, sensitiveQueryParameters, enabled } = config;
  const disabled = [...enabled].filter(([, isEnabled]) => !isEnabled).map(([name]) => name);
  return {
    ...env,
    ...ofSide("CLIENT", httpClient),
    ...ofSide("SERVER", httpServer),
    ...listed(
      "OTEL_INSTRUMENTATION_SANITIZATION_URL_EXPERIMENTAL_SENSITIVE_QUERY_PARAMETERS",
      sensitiveQueryParameters,
    ),
    ...(disabled.length > 0 && { OTEL_NODE_DISABLED_INSTRUMENTATIONS: disabled.join() }),
  };
}

function ofSide(side: "CLIENT" | "SERVER", config: HttpInstrumentationConfig): Environment {
  return {
    ...listed(`${HTTP}_CAPTURE_HEADERS_${side}_REQUEST`, config.requestCapturedHeaders),
    ...listed(`${HTTP}_CAPTURE_HEADERS_${side}_RESPONSE`, config.responseCapturedHeaders),
    ...listed(`${HTTP}_${side}_KNOWN_METHODS`, config.knownMethods),
  };
}

/** An empty list counts, too. */
function listed(name: string, values: readonly string[] | undefined): Environment {
  return values === undefined ? {} : { [name]: values.length === 0 ? "," : values.join() };
}
