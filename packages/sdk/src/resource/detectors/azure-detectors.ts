/** The services of Azure that say in environment variables what they are, and its virtual machines. */
import { httpFetch } from "../../common/http-fetch.ts";
import { type Environment, readText } from "../../config/environment.ts";
import { type DetectorConfig, detected, METADATA_TIMEOUT_MS, type ResourceDetector } from "../detector.ts";
import type { DetectedResource } from "../resource.ts";
import { mayBeMachineOf } from "./local-file.ts";

const IMDS = "http://169.254.169.254";
const IMDS_PATH = "/metadata/instance/compute?api-version=2021-12-13&format=json";
const VENDOR = /microsoft/i;

/** `service.*` and `cloud.*` on App Service. */
export class AzureAppServiceDetector implements ResourceDetector {
  readonly #env: Environment;

  constructor(config: DetectorConfig = {}) {
    this.#env = config.env ?? process.env;
  }

  detect(): DetectedResource {
    const site = readText(this.#env, "WEBSITE_SITE_NAME");
    if (site === undefined || isFunction(this.#env) || isContainerApp(this.#env)) return {};
    return detected({
      "cloud.provider": "azure",
      "cloud.platform": "azure.app_service",
      "cloud.region": readText(this.#env, "REGION_NAME"),
      "cloud.resource_id": resourceId(this.#env, site),
      "service.name": site,
      "service.instance.id": readText(this.#env, "WEBSITE_INSTANCE_ID"),
      "deployment.environment.name": readText(this.#env, "WEBSITE_SLOT_NAME"),
      "host.id": readText(this.#env, "WEBSITE_HOSTNAME"),
      "azure.app.service.stamp": readText(this.#env, "WEBSITE_HOME_STAMPNAME"),
    });
  }
}

/** `faas.*` and `cloud.*` in Azure Functions. */
export class AzureFunctionsDetector implements ResourceDetector {
  readonly #env: Environment;

  constructor(config: DetectorConfig = {}) {
    this.#env = config.env ?? process.env;
  }

  detect(): DetectedResource {
    const site = readText(this.#env, "WEBSITE_SITE_NAME");
    if (site === undefined || !isFunction(this.#env)) return {};
    const memoryMb = Number(readText(this.#env, "WEBSITE_MEMORY_LIMIT_MB"));
    return detected({
      "cloud.provider": "azure",
      "cloud.platform": "azure.functions",
      "cloud.region": readText(this.#env, "REGION_NAME"),
      "cloud.resource_id": resourceId(this.#env, site),
      "service.name": site,
      "faas.instance": readText(this.#env, "WEBSITE_INSTANCE_ID"),
      "faas.max_memory": memoryMb > 0 ? memoryMb * 1_024 * 1_024 : undefined,
    });
  }
}

/** `azure.container_app.*` and `cloud.*` in Container Apps. */
export class AzureContainerAppsDetector implements ResourceDetector {
  readonly #env: Environment;

  constructor(config: DetectorConfig = {}) {
    this.#env = config.env ?? process.env;
  }

  detect(): DetectedResource {
    if (!isContainerApp(this.#env)) return {};
    return detected({
      "cloud.provider": "azure",
      "cloud.platform": "azure.container_apps",
      "host.name": readText(this.#env, "CONTAINER_APP_HOSTNAME"),
      "azure.container_app.name": readText(this.#env, "CONTAINER_APP_NAME"),
      "azure.container_app.version": readText(this.#env, "CONTAINER_APP_REVISION"),
      "azure.container_app.instance.id": readText(this.#env, "CONTAINER_APP_REPLICA_NAME"),
    });
  }
}

interface ComputeMetadata {
  readonly location?: string;
  readonly name?: string;
  readonly resourceId?: string;
  readonly sku?: string;
  readonly version?: string;
  readonly vmId?: string;
  readonly vmScaleSetName?: string;
  readonly vmSize?: string;
}

/** `cloud.*` and `host.*` of a virtual machine, from its metadata service. */
export class AzureVmDetector implements ResourceDetector {
  readonly #config: DetectorConfig;

  constructor(config: DetectorConfig = {}) {
    this.#config = config;
  }

  detect(): DetectedResource {
    return detected(this.#detect());
  }

  async #detect(): Promise<Record<string, string | undefined>> {
    const { root, metadataUrl = IMDS } = this.#config;
    if (!(await mayBeMachineOf(root, VENDOR))) return {};
    const { body } = await httpFetch(`${metadataUrl}${IMDS_PATH}`, {
      headers: { Metadata: "True" },
      timeoutMs: METADATA_TIMEOUT_MS,
    });
    const machine = JSON.parse(body) as ComputeMetadata;
    return {
      "cloud.provider": "azure",
      "cloud.platform": "azure.vm",
      "cloud.region": machine.location,
      "cloud.resource_id": machine.resourceId,
      "host.id": machine.vmId,
      "host.name": machine.name,
      "host.type": machine.vmSize,
      "os.version": machine.version,
      "azure.vm.scaleset.name": machine.vmScaleSetName || undefined,
      "azure.vm.sku": machine.sku,
    };
  }
}

function isFunction(env: Environment): boolean {
  return (
    readText(env, "FUNCTIONS_EXTENSION_VERSION") !== undefined || readText(env, "WEBSITE_SKU") === "FlexConsumption"
  );
}

function isContainerApp(env: Environment): boolean {
  return ["NAME", "REVISION", "HOSTNAME"].every((part) => readText(env, `CONTAINER_APP_${part}`) !== undefined);
}

/** The owner is {subscription}+{more}. */
function resourceId(env: Environment, site: string): string | undefined {
  const subscription = readText(env, "WEBSITE_OWNER_NAME")?.split("+")[0];
  const group = readText(env, "WEBSITE_RESOURCE_GROUP");
  if (subscription === undefined || group === undefined) return undefined;
  return `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Web/sites/${site}`;
}
