import { diag } from "@opentelemetry/api";
import { type Environment, readNames, warn } from "../config/environment.ts";
import { type DetectorConfig, type ResourceDetector, SCHEMA_URL } from "./detector.ts";
import { HostDetector } from "./detectors/host-detector.ts";
import { OSDetector } from "./detectors/os-detector.ts";
import { ProcessDetector } from "./detectors/process-detector.ts";
import { ServiceInstanceIdDetector } from "./detectors/service-instance-id-detector.ts";
import { detectResources } from "./detect-resources.ts";
import type { DetectedResource, DetectedResourceAttributes } from "./resource.ts";

const NAME = "OTEL_NODE_RESOURCE_DETECTORS";
export const PLATFORMS: readonly string[] = ["container", "kubernetes", "aws", "gcp", "azure", "heroku"];
// The later ones win.
const DETECTORS: Readonly<Record<string, (config: DetectorConfig) => ResourceDetector>> = {
  serviceinstance: () => new ServiceInstanceIdDetector(),
  process: () => new ProcessDetector(),
  os: () => new OSDetector(),
  host: (config) => new HostDetector(config),
  ...Object.fromEntries(
    PLATFORMS.map((name) => [name, (config: DetectorConfig) => new PlatformDetector(name, config)]),
  ),
};

/** What users say in the environment is always read, so that this name makes no difference. */
const ALWAYS = "env";

/** The detectors that `OTEL_NODE_RESOURCE_DETECTORS` names: all of them unless it is set, or `none`. */
export function detectorsFromEnvironment(env: Environment, config: DetectorConfig = {}): readonly ResourceDetector[] {
  const names = readNames(env, NAME) ?? ["all"];
  if (names.includes("none")) return [];
  const known = [...Object.keys(DETECTORS), ALWAYS];
  for (const name of names) {
    if (name !== "all" && !known.includes(name)) warn(NAME, name, `all, none, ${known.join(", ")}`);
  }
  const isWanted = (name: string): boolean => names.includes("all") || names.includes(name);
  return Object.entries(DETECTORS).flatMap(([name, create]) => (isWanted(name) ? [create({ env, ...config })] : []));
}

/** Loads the detectors of a platform when it is asked, and runs them. */
export class PlatformDetector implements ResourceDetector {
  readonly #name: string;
  readonly #config: DetectorConfig;

  constructor(name: string, config: DetectorConfig) {
    this.#name = name;
    this.#config = config;
  }

  detect(): DetectedResource {
    return { attributes: this.#detect(), schemaUrl: SCHEMA_URL };
  }

  async #detect(): Promise<DetectedResourceAttributes> {
    const { PLATFORM_DETECTORS } = await import("./detectors/platform-detectors.ts");
    const detectors = PLATFORM_DETECTORS[this.#name]?.(this.#config) ?? [];
    const resource = detectResources({ detectors });
    await resource.waitForAsyncAttributes?.();
    diag.debug(`resource attributes of ${this.#name}: ${JSON.stringify(resource.attributes)}`);
    return resource.attributes;
  }
}
