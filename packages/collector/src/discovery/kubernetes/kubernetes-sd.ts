/** Prometheus's `kubernetes_sd_configs`: targets from Kubernetes's API, as they come and go. */
import { messageOf, sleep } from "@clew/base";
import type { DiscoverySettings, DiscoverySource } from "../discovery.ts";
import type { Labels } from "../../relabel/labels.ts";
import { atServer, inCluster, ownNamespace, ownSurroundings, type AccessSource, type Surroundings } from "./access.ts";
import { ApiClient } from "./api-client.ts";
import type { KubernetesSdConfig } from "./config.ts";
import { KubeconfigAccess } from "./kubeconfig.ts";
import { NamespaceDiscovery } from "./namespace-discovery.ts";
import { clusterResources } from "./resources.ts";
import { WatchedCollection, type Resource } from "./watched-collection.ts";

export { kubernetesSd, type KubernetesSdConfig } from "./config.ts";

/** Changes that come within it are told at once. */
const GROUP_MS = 500;
const RETRY_MS = 10_000;

/** `surroundings` are those of the pod that we are, where we are one. */
export function kubernetesSource(
  config: KubernetesSdConfig,
  settings: DiscoverySettings,
  surroundings: Surroundings = ownSurroundings,
): DiscoverySource {
  return new KubernetesSource(config, settings, surroundings);
}

class KubernetesSource implements DiscoverySource {
  readonly #config: KubernetesSdConfig;
  readonly #settings: DiscoverySettings;
  readonly #surroundings: Surroundings;
  readonly #client: ApiClient;
  readonly #abort = new AbortController();
  #discoveries: readonly NamespaceDiscovery[] = [];
  #found: (targets: readonly Labels[]) => void = () => {};
  #cancelTelling: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(config: KubernetesSdConfig, settings: DiscoverySettings, surroundings: Surroundings) {
    this.#config = config;
    this.#settings = settings;
    this.#surroundings = surroundings;
    this.#client = new ApiClient(accessOf(config, settings, surroundings), settings.clock, surroundings.env);
  }

  start(found: (targets: readonly Labels[]) => void): void {
    this.#found = found;
    this.#running = this.#run(this.#abort.signal).catch(this.#settings.report);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#cancelTelling?.();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const namespaces = await this.#namespaces(signal);
    if (signal.aborted) return;
    const changed = (): void => this.#tellSoon();
    const shared = clusterResources(this.#config);
    const cluster = { nodes: this.#shared(shared.nodes), namespaces: this.#shared(shared.namespaces) };
    this.#discoveries = namespaces.map(
      (name) => new NamespaceDiscovery(this.#config, name, cluster, this.#client, this.#settings, changed),
    );
    await Promise.all([
      cluster.nodes?.run(signal),
      cluster.namespaces?.run(signal),
      ...this.#discoveries.map((one) => one.run(signal)),
    ]);
  }

  #shared(resource: Resource | undefined): WatchedCollection | undefined {
    const changed = (): void => {
      for (const one of this.#discoveries) one.forget();
    };
    return resource && new WatchedCollection(this.#client, resource, this.#settings, changed);
  }

  /** Those to look into; an empty name is for all. */
  async #namespaces(signal: AbortSignal): Promise<readonly string[]> {
    const { role, namespaces } = this.#config;
    if (role === "node") return [""];
    if (!namespaces.own_namespace) return namespaces.names.length === 0 ? [""] : [...new Set(namespaces.names)];
    while (!signal.aborted) {
      try {
        return [...new Set([...namespaces.names, await ownNamespace(this.#surroundings)])];
      } catch (error) {
        this.#settings.logger.error("Cannot use own_namespace", { discovery: "kubernetes", error: messageOf(error) });
        await sleep(this.#settings.clock, RETRY_MS, signal);
      }
    }
    return [];
  }

  #tellSoon(): void {
    if (this.#abort.signal.aborted || !this.#discoveries.some(({ isReady }) => isReady)) return;
    this.#cancelTelling ??= this.#settings.clock.after(GROUP_MS, () => {
      this.#cancelTelling = undefined;
      this.#tell();
    });
  }

  #tell(): void {
    const ready = this.#discoveries.filter(({ isReady }) => isReady);
    try {
      this.#found(ready.flatMap((one) => one.targets()));
    } catch (error) {
      this.#settings.report(error);
    }
  }
}

function accessOf(config: KubernetesSdConfig, { clock }: DiscoverySettings, surroundings: Surroundings): AccessSource {
  const { api_server, kubeconfig_file } = config;
  if (kubeconfig_file !== undefined && kubeconfig_file !== "") {
    return new KubeconfigAccess(kubeconfig_file, () => clock.nowMs(), surroundings.env);
  }
  return api_server === undefined ? inCluster(surroundings) : atServer(api_server, config);
}
