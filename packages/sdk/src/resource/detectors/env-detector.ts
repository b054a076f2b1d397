import type { Environment } from "../../config/environment.ts";
import type { DetectorConfig, ResourceDetector } from "../detector.ts";
import { type DetectedResource, resourceFromEnvironment } from "../resource.ts";
import { resourceFromEntityEnvironment } from "../entities-from-environment.ts";

/** `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_SERVICE_NAME` and `OTEL_ENTITIES`. */
export class EnvDetector implements ResourceDetector {
  readonly #env: Environment;

  constructor(config: DetectorConfig = {}) {
    this.#env = config.env ?? process.env;
  }

  detect(): DetectedResource {
    const { entities = [] } = resourceFromEntityEnvironment(this.#env);
    return { attributes: resourceFromEnvironment(this.#env).attributes, entities };
  }
}
