import type { ExtensionFactory } from "../../../component.ts";
import { schema, type HealthCheckConfig } from "./config.ts";
import { HealthCheck } from "./health-check.ts";

export const healthCheckExtension: ExtensionFactory<HealthCheckConfig> = {
  kind: "extension",
  type: "health_check",
  stability: "beta",
  schema,
  create: (settings, config) => new HealthCheck(settings, config),
};
