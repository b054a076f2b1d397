/** What is asked of the Docker Engine API, and as much of its answers as makes targets. */
import { ClewError, type Clock } from "@clew/base";
import { errorText, JsonApi, withoutCredentials } from "../json-api.ts";
import { booleanOf, integerOf, listOf, objectOf, textEntriesOf, textOf, textsOf } from "../json-answer.ts";
import { parseDockerHost } from "./docker-host.ts";
import type { DockerFilter, DockerSdConfig } from "./docker-sd.ts";

/** The oldest and newest API that we know how to ask. */
const MIN_API_VERSION = 40;
const MAX_API_VERSION = 55;

export interface ContainerPort {
  readonly ip: string;
  readonly privatePort: number;
  /** 0 where the port is not published. */
  readonly publicPort: number;
  readonly type: string;
}

/** How a container is in a network. */
export interface ContainerNetwork {
  readonly networkId: string;
  readonly ipAddress: string;
  readonly globalIpv6Address: string;
}

export interface Container {
  readonly id: string;
  readonly names: readonly string[];
  readonly image: string;
  readonly imageId: string;
  readonly labels: readonly (readonly [string, string])[];
  readonly networkMode: string;
  /** By name; null is a network that Docker says nothing of. */
  readonly networks: ReadonlyMap<string, ContainerNetwork | null>;
  readonly ports: readonly ContainerPort[];
}

export interface Network {
  readonly id: string;
  readonly name: string;
  readonly scope: string;
  readonly isInternal: boolean;
  readonly isIngress: boolean;
  readonly labels: readonly (readonly [string, string])[];
}

export class DockerEngine {
  readonly #api: JsonApi;
  readonly #filters: readonly DockerFilter[];
  /** Before the paths, once we know which version of the API we and the engine speak. */
  #version: string | undefined;

  /** `config` must have passed its check. */
  constructor(config: DockerSdConfig, clock: Clock) {
    const host = parseDockerHost(config.host)!;
    const http = host.takesSettings ? config : withoutCredentials(config);
    this.#api = new JsonApi({ ...host, http, limitMs: config.refresh_interval }, clock);
    this.#filters = config.filters;
  }

  /** Those that run and pass the filters. */
  async containers(signal: AbortSignal): Promise<readonly Container[]> {
    const filters = filtersText(this.#filters);
    const query = new URLSearchParams(filters === undefined ? {} : { filters });
    return this.#list("/containers/json", query, signal, "listing containers", readContainer);
  }

  async networks(signal: AbortSignal): Promise<readonly Network[]> {
    return this.#list("/networks", new URLSearchParams(), signal, "computing network labels", readNetwork);
  }

  close(): Promise<void> {
    return this.#api.close();
  }

  async #list<T>(
    path: string,
    query: URLSearchParams,
    signal: AbortSignal,
    doing: string,
    read: (raw: unknown) => T,
  ): Promise<readonly T[]> {
    try {
      const prefix = await this.#versionPrefix(signal);
      const { value } = await this.#api.json(`${prefix}${path}`, query, signal);
      return listOf(value, path).map(read);
    } catch (error) {
      throw new ClewError("SCRAPE_FAILED", `error while ${doing}: ${errorText(error)}`);
    }
  }

  /** An engine that does not say its version is asked without one, which is its newest. */
  async #versionPrefix(signal: AbortSignal): Promise<string> {
    if (this.#version !== undefined) return this.#version;
    const headers = await this.#api.head("/_ping", signal).catch(() => undefined);
    if (headers === undefined) return "";
    const told = headers["api-version"] ?? `1.${MAX_API_VERSION}`;
    const minor = Number(/^1\.(\d+)$/.exec(String(told))?.[1] ?? 0);
    if (minor < MIN_API_VERSION) return "";
    this.#version = `/v1.${Math.min(minor, MAX_API_VERSION)}`;
    return this.#version;
  }
}

/** `{"label":{"a":true,"b":true}}`, in the order of names, or undefined where nothing is filtered. */
function filtersText(filters: readonly DockerFilter[]): string | undefined {
  const byName = new Map<string, Set<string>>();
  for (const { name, values } of filters) {
    if (values.length > 0) byName.set(name, new Set([...(byName.get(name) ?? []), ...values]));
  }
  if (byName.size === 0) return undefined;
  const named = [...byName].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(
    Object.fromEntries(
      named.map(([name, values]) => [name, Object.fromEntries([...values].sort().map((value) => [value, true]))]),
    ),
  );
}

function readContainer(raw: unknown): Container {
  const container = objectOf(raw, "container");
  const networks = objectOf(objectOf(container["NetworkSettings"], "NetworkSettings")["Networks"], "Networks");
  return {
    id: textOf(container["Id"], "Id"),
    names: textsOf(container["Names"], "Names"),
    image: textOf(container["Image"], "Image"),
    imageId: textOf(container["ImageID"], "ImageID"),
    labels: textEntriesOf(container["Labels"], "Labels"),
    networkMode: textOf(objectOf(container["HostConfig"], "HostConfig")["NetworkMode"], "NetworkMode"),
    networks: new Map(
      Object.entries(networks).map(([name, network]) => [name, network === null ? null : readMembership(network)]),
    ),
    ports: listOf(container["Ports"], "Ports").map(readPort),
  };
}

function readMembership(raw: unknown): ContainerNetwork {
  const network = objectOf(raw, "network");
  return {
    networkId: textOf(network["NetworkID"], "NetworkID"),
    ipAddress: textOf(network["IPAddress"], "IPAddress"),
    globalIpv6Address: textOf(network["GlobalIPv6Address"], "GlobalIPv6Address"),
  };
}

function readPort(raw: unknown): ContainerPort {
  const port = objectOf(raw, "port");
  return {
    ip: textOf(port["IP"], "IP"),
    privatePort: integerOf(port["PrivatePort"], "PrivatePort"),
    publicPort: integerOf(port["PublicPort"], "PublicPort"),
    type: textOf(port["Type"], "Type"),
  };
}

function readNetwork(raw: unknown): Network {
  const network = objectOf(raw, "network");
  return {
    id: textOf(network["Id"], "Id"),
    name: textOf(network["Name"], "Name"),
    scope: textOf(network["Scope"], "Scope"),
    isInternal: booleanOf(network["Internal"], "Internal"),
    isIngress: booleanOf(network["Ingress"], "Ingress"),
    labels: textEntriesOf(network["Labels"], "Labels"),
  };
}
