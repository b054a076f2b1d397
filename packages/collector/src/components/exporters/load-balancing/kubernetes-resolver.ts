/**
 * The ready pods of a service, from its EndpointSlices
 * (https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/).
 * Our service account must be allowed to list and watch them.
 */
import { isIPv6 } from "node:net";
import { sleep, type Clock } from "@clew/base";
import type { KubernetesConfig } from "./config.ts";
import { inClusterAccess, KubernetesApi, type ApiAccess } from "./kubernetes-api.ts";
import type { Found, Resolver } from "./resolver.ts";

const RETRY_MS = 5_000;

interface Endpoint {
  readonly addresses: readonly string[];
  readonly hostname?: string;
  readonly conditions?: { readonly ready?: boolean };
}

interface EndpointSlices {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly { readonly endpoints?: readonly Endpoint[] | null }[];
}

export class KubernetesResolver implements Resolver {
  readonly name = "k8s";
  readonly #clock: Clock;
  readonly #config: KubernetesConfig;
  readonly #access: ApiAccess;
  readonly #stopping = new AbortController();

  constructor(clock: Clock, config: KubernetesConfig, access: ApiAccess = inClusterAccess()) {
    this.#clock = clock;
    this.#config = config;
    this.#access = access;
  }

  async start(found: Found): Promise<void> {
    const [name, ...rest] = this.#config.service.split(".");
    const namespace = rest.length > 0 ? rest.join(".") : await this.#access.namespace().catch(() => "default");
    const api = new KubernetesApi(this.#access, this.#config.timeout, this.#stopping.signal);
    const service = { name: name!, namespace };
    void this.#follow(api, service, await this.#list(api, service, found), found);
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** Lists again after each change: simple, and right whatever the change was. */
  async #follow(api: KubernetesApi, service: Service, listed: string | undefined, found: Found): Promise<void> {
    for (let version = listed; !this.#stopping.signal.aborted;) {
      if (version === undefined) await sleep(this.#clock, RETRY_MS, this.#stopping.signal);
      else
        await api
          .nextChange(`${pathOf(service)}&resourceVersion=${encodeURIComponent(version)}`)
          .catch((error: unknown) => this.#failed(error, found));
      version = await this.#list(api, service, found);
    }
  }

  /** The version of what it found; undefined where that could not be had. */
  async #list(api: KubernetesApi, service: Service, found: Found): Promise<string | undefined> {
    if (this.#stopping.signal.aborted) return undefined;
    try {
      const { items, metadata } = (await api.get(pathOf(service))) as EndpointSlices;
      const hosts = items.flatMap(({ endpoints }) => (endpoints ?? []).flatMap((one) => this.#hostsOf(one, service)));
      const endpoints = hosts.flatMap((host) => this.#config.ports.map((port) => `${host}:${port}`));
      found.endpoints([...new Set(endpoints)].sort());
      return metadata.resourceVersion;
    } catch (error) {
      this.#failed(error, found);
      return undefined;
    }
  }

  #hostsOf({ addresses, conditions, hostname }: Endpoint, { name, namespace }: Service): readonly string[] {
    if (conditions?.ready === false) return [];
    if (!this.#config.return_hostnames) return addresses.map((one) => (isIPv6(one) ? `[${one}]` : one));
    return hostname === undefined ? [] : [`${hostname}.${name}.${namespace}`];
  }

  #failed(error: unknown, found: Found): void {
    if (!this.#stopping.signal.aborted) found.failed(error);
  }
}

interface Service {
  readonly name: string;
  readonly namespace: string;
}

function pathOf({ name, namespace }: Service): string {
  const selector = encodeURIComponent(`kubernetes.io/service-name=${name}`);
  return `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/endpointslices?labelSelector=${selector}`;
}
