import { httpFetch } from "../../common/http-fetch.ts";
import { type Environment, readText } from "../../config/environment.ts";
import { type DetectorConfig, detected, METADATA_TIMEOUT_MS, type ResourceDetector } from "../detector.ts";
import type { DetectedResource } from "../resource.ts";
import { mayBeMachineOf } from "./local-file.ts";

type Attributes = Record<string, string | undefined>;

const METADATA_SERVER = "http://169.254.169.254";
const VENDOR = /google/i;
// Variables of the platforms that have no firmware to read, and the one that names the server.
const PLATFORM_VARIABLES = ["K_SERVICE", "FUNCTION_TARGET", "GAE_SERVICE", "GCE_METADATA_HOST"];

/** `cloud.*`, `host.*`, `faas.*`, `k8s.*` on Google Cloud: Compute and Kubernetes Engine, Cloud Run, Functions, App Engine. */
export class GcpDetector implements ResourceDetector {
  readonly #env: Environment;
  readonly #config: DetectorConfig;

  constructor(config: DetectorConfig = {}) {
    this.#config = config;
    this.#env = config.env ?? process.env;
  }

  detect(): DetectedResource {
    return detected(this.#detect());
  }

  async #detect(): Promise<Attributes> {
    if (!(await this.#mayBeOnGoogleCloud())) return {};
    const [project, platform] = await Promise.all([this.#metadata("project/project-id"), this.#platform()]);
    return { "cloud.provider": "gcp", "cloud.account.id": project, ...platform };
  }

  async #mayBeOnGoogleCloud(): Promise<boolean> {
    if (PLATFORM_VARIABLES.some((name) => this.#read(name) !== undefined)) return true;
    return mayBeMachineOf(this.#config.root, VENDOR);
  }

  /** The more particular first: functions run on Cloud Run, and nodes of Kubernetes are machines. */
  #platform(): Promise<Attributes> {
    if (this.#read("KUBERNETES_SERVICE_HOST") !== undefined) return this.#kubernetesEngine();
    if (this.#read("FUNCTION_TARGET") !== undefined) return this.#serverless("gcp_cloud_functions");
    if (this.#read("K_CONFIGURATION") !== undefined) return this.#serverless("gcp_cloud_run");
    if (this.#read("GAE_SERVICE") !== undefined) return this.#appEngine();
    return this.#computeEngine();
  }

  async #kubernetesEngine(): Promise<Attributes> {
    const [location, clusterName, hostId] = await Promise.all([
      this.#metadata("instance/attributes/cluster-location"),
      this.#metadata("instance/attributes/cluster-name"),
      this.#metadata("instance/id"),
    ]);
    // A zone is a region with a letter after it: us-east1-b.
    const isZone = location.split("-").length > 2;
    return {
      "cloud.platform": "gcp_kubernetes_engine",
      [isZone ? "cloud.availability_zone" : "cloud.region"]: location,
      "k8s.cluster.name": clusterName,
      "host.id": hostId,
    };
  }

  async #serverless(platform: string): Promise<Attributes> {
    const [instanceId, region] = await Promise.all([this.#metadata("instance/id"), this.#metadata("instance/region")]);
    return {
      "cloud.platform": platform,
      "cloud.region": lastPart(region),
      "faas.name": this.#read("K_SERVICE"),
      "faas.version": this.#read("K_REVISION"),
      "faas.instance": instanceId,
    };
  }

  async #appEngine(): Promise<Attributes> {
    return {
      "cloud.platform": "gcp_app_engine",
      ...zoneAttributes(await this.#metadata("instance/zone")),
      "faas.name": this.#read("GAE_SERVICE"),
      "faas.version": this.#read("GAE_VERSION"),
      "faas.instance": this.#read("GAE_INSTANCE"),
    };
  }

  async #computeEngine(): Promise<Attributes> {
    const [type, id, name, zone] = await Promise.all(
      ["machine-type", "id", "name", "zone"].map((key) => this.#metadata(`instance/${key}`)),
    );
    return {
      "cloud.platform": "gcp_compute_engine",
      ...zoneAttributes(zone ?? ""),
      "host.type": lastPart(type ?? ""),
      "host.id": id,
      "host.name": name,
    };
  }

  async #metadata(path: string): Promise<string> {
    const host = this.#read("GCE_METADATA_HOST");
    const base = this.#config.metadataUrl ?? (host === undefined ? METADATA_SERVER : `http://${host}`);
    const { body, headers } = await httpFetch(`${base}/computeMetadata/v1/${path}`, {
      headers: { "Metadata-Flavor": "Google" },
      timeoutMs: METADATA_TIMEOUT_MS,
    });
    // Other clouds have servers at the same address, and some answer everything.
    if (headers["metadata-flavor"] !== "Google") throw new Error(`${base} is no metadata server of Google's`);
    return body.trim();
  }

  #read(name: string): string | undefined {
    return readText(this.#env, name);
  }
}

/** projects/{number}/zones/{zone} */
function zoneAttributes(path: string): Attributes {
  const zone = lastPart(path);
  return { "cloud.availability_zone": zone, "cloud.region": zone.slice(0, zone.lastIndexOf("-")) };
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
