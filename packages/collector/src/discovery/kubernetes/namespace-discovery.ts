/** The targets of one namespace, or of all. */
import { messageOf } from "@clew/base";
import type { DiscoverySettings } from "../discovery.ts";
import type { Labels } from "../../relabel/labels.ts";
import type { ApiClient } from "./api-client.ts";
import type { KubernetesSdConfig, Role } from "./config.ts";
import { endpointsTargets } from "./endpoints-targets.ts";
import { endpointSliceTargets } from "./endpointslice-targets.ts";
import { ingressTargets } from "./ingress-targets.ts";
import type { Known } from "./meta-labels.ts";
import { nodeTargets } from "./node-targets.ts";
import type { KubernetesObject, NodeObject, PodObject, ServiceObject } from "./objects.ts";
import { podTargets } from "./pod-targets.ts";
import { namespaceResources } from "./resources.ts";
import { serviceTargets } from "./service-targets.ts";
import { WatchedCollection, type Resource } from "./watched-collection.ts";

/** Makes the targets of an object of the kind that the role is for. */
interface RoleTargets {
  targets(object: KubernetesObject, known: Known, warn: (message: string) => void): Labels[];
}

const ROLES: Readonly<Record<Role, RoleTargets>> = {
  node: { targets: nodeTargets },
  pod: { targets: podTargets },
  service: { targets: serviceTargets },
  endpoints: { targets: endpointsTargets },
  endpointslice: { targets: endpointSliceTargets },
  ingress: { targets: ingressTargets },
};

/** What namespaces share. */
interface ClusterObjects {
  readonly nodes: WatchedCollection<NodeObject> | undefined;
  readonly namespaces: WatchedCollection | undefined;
}

export class NamespaceDiscovery {
  readonly #role: Role;
  readonly #settings: DiscoverySettings;
  readonly #changed: () => void;
  readonly #known: Known;
  readonly #primary: WatchedCollection;
  readonly #own: readonly WatchedCollection[];
  /** All that must be there before there are targets. */
  readonly #needed: readonly WatchedCollection[];
  // key of an object --> its targets, as long as nothing that they are made of changes
  readonly #targets = new Map<string, readonly Labels[]>();

  /** `namespace` is empty for all of them. */
  constructor(
    config: KubernetesSdConfig,
    namespace: string,
    cluster: ClusterObjects,
    client: ApiClient,
    settings: DiscoverySettings,
    changed: () => void,
  ) {
    const { role, attach_metadata: attach } = config;
    this.#role = role;
    this.#settings = settings;
    this.#changed = changed;
    const resources = namespaceResources(config, namespace);
    const watched = <T extends KubernetesObject>(resource: Resource | undefined): WatchedCollection<T> | undefined =>
      resource && new WatchedCollection<T>(client, resource, settings, () => this.forget());
    const services = watched<ServiceObject>(resources.services);
    const pods = watched<PodObject>(resources.pods);
    const replicaSets = watched(resources.replicaSets);
    const jobs = watched(resources.jobs);
    this.#primary = new WatchedCollection(client, resources.primary, settings, (key) => this.#forgetOne(key));
    this.#own = [this.#primary, services, pods, replicaSets, jobs].filter((one) => one !== undefined);
    this.#needed = [...this.#own, cluster.nodes, cluster.namespaces].filter((one) => one !== undefined);
    this.#known = {
      services: services?.objects,
      pods: pods?.objects,
      nodes: cluster.nodes?.objects,
      namespaces: cluster.namespaces?.objects,
      replicaSets: replicaSets?.objects,
      jobs: jobs?.objects,
      withJob: attach.job,
      withCronJob: attach.cronjob,
    };
  }

  /** Whether its targets are known. */
  get isReady(): boolean {
    return this.#needed.every(({ isListed }) => isListed);
  }

  /** Goes on until `signal` aborts. Does not reject. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#own.map((one) => one.run(signal)));
  }

  targets(): readonly Labels[] {
    const all: Labels[] = [];
    for (const [key, object] of this.#primary.objects) {
      let targets = this.#targets.get(key);
      if (targets === undefined) this.#targets.set(key, (targets = this.#targetsOf(key, object)));
      for (const target of targets) all.push(target);
    }
    return all;
  }

  /** Something that any target may be made of has changed. */
  forget(): void {
    this.#targets.clear();
    this.#changed();
  }

  #forgetOne(key: string | undefined): void {
    if (key === undefined) return this.forget();
    this.#targets.delete(key);
    this.#changed();
  }

  /** An object that is not as it should be has no targets. */
  #targetsOf(key: string, object: KubernetesObject): readonly Labels[] {
    const fields = { discovery: "kubernetes", role: this.#role, object: key };
    try {
      const warn = (message: string): void => this.#settings.logger.warn(message, fields);
      return ROLES[this.#role].targets(object, this.#known, warn);
    } catch (error) {
      this.#settings.logger.error("Received unexpected object", { ...fields, error: messageOf(error) });
      return [];
    }
  }
}
