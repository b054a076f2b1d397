import type { Address } from "../../../net/address.ts";
import { endpoint } from "../../../schema/endpoint.ts";
import { anything, boolean, field, integer, optional, section, string, type Schema } from "../../../schema/schema.ts";

interface ResponseBody {
  readonly healthy: string;
  readonly unhealthy: string;
}

export interface HealthCheckConfig {
  readonly endpoint: Address;
  readonly path: string;
  readonly response_body: ResponseBody | undefined;
  readonly check_collector_pipeline: {
    readonly enabled: boolean;
    readonly interval: unknown;
    readonly exporter_failure_threshold: number;
  };
}

export const schema: Schema<HealthCheckConfig> = section<HealthCheckConfig>(
  {
    endpoint: field(endpoint, "localhost:13133", "Where the status is served, `host:port`."),
    path: field(string, "/", "Its path."),
    response_body: field(
      optional(
        section<ResponseBody>({
          healthy: field(string, "", "What is answered when all is well."),
          unhealthy: field(string, "", "What is answered otherwise."),
        }),
      ),
      undefined,
      "Texts instead of the JSON that is answered by default.",
    ),
    check_collector_pipeline: field(
      section<HealthCheckConfig["check_collector_pipeline"]>({
        enabled: field(boolean, false, "Accepted; the original advises against it."),
        interval: field(anything, undefined, "Accepted."),
        exporter_failure_threshold: field(integer(), 5, "Accepted."),
      }),
      undefined,
      "Accepted for compatibility.",
    ),
  },
  ({ path }, place) => {
    if (!path.startsWith("/")) place.at("path").problem("path must start with /");
  },
);
