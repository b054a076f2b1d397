/** What is asked of Consul's HTTP API, and as much of its answers as makes targets. */
import { ClewError, type Clock } from "@clew/base";
import { JsonApi, withoutCredentials, type JsonAnswer } from "../json-api.ts";
import { integerOf, listOf, objectOf, textEntriesOf, textOf, textsOf } from "../json-answer.ts";
import { consulAddress } from "./consul-address.ts";
import type { ConsulSdConfig } from "./consul-sd.ts";

/** How long Consul may hold a query back until there is something new. */
const WAIT_MS = 120_000;
/** So much longer may the answer take then. */
const ANSWER_MS = 15_000;

/** What Consul's answer is about, by its count of changes; empty where it does not say. */
export interface Indexed<T> {
  readonly index: string;
  readonly value: T;
}

export interface HealthCheck {
  readonly id: string;
  readonly status: string;
}

/** An instance of a service, with the node where it is registered. */
export interface ServiceInstance {
  readonly nodeName: string;
  readonly nodeAddress: string;
  readonly nodeMeta: readonly (readonly [string, string])[];
  readonly nodeTaggedAddresses: readonly (readonly [string, string])[];
  readonly id: string;
  readonly address: string;
  readonly port: number;
  readonly tags: readonly string[];
  readonly meta: readonly (readonly [string, string])[];
  readonly namespace: string;
  readonly partition: string;
  readonly checks: readonly HealthCheck[];
}

export class ConsulApi {
  readonly #config: ConsulSdConfig;
  readonly #api: JsonApi;

  constructor(config: ConsulSdConfig, clock: Clock) {
    this.#config = config;
    const address = consulAddress(config.server, config.scheme, config.path_prefix);
    const http = address.socketPath === undefined ? config : withoutCredentials(config);
    const token = { values: [], secrets: [config.token], files: [] };
    const http_headers = { ...http.http_headers, ...(config.token === "" ? {} : { "x-consul-token": token }) };
    this.#api = new JsonApi({ ...address, http: { ...http, http_headers }, limitMs: WAIT_MS + ANSWER_MS }, clock);
  }

  /** The datacenter of the agent that we ask. */
  async datacenter(signal: AbortSignal): Promise<string> {
    const { value } = await this.#api.json("/v1/agent/self", this.#query(), signal);
    const name = objectOf(objectOf(value, "agent")["Config"], "Config")["Datacenter"];
    if (typeof name === "string") return name;
    throw new ClewError("SCRAPE_FAILED", `invalid value '${JSON.stringify(name)}' for Config.Datacenter`);
  }

  /** The tags of each service, once they are newer than `index`. */
  async services(index: string, signal: AbortSignal): Promise<Indexed<ReadonlyMap<string, readonly string[]>>> {
    const query = this.#blockingQuery(index, this.#config.filter);
    const answer = await this.#api.json("/v1/catalog/services", query, signal);
    const services = Object.entries(objectOf(answer.value, "services"));
    return { index: indexOf(answer), value: new Map(services.map(([name, tags]) => [name, textsOf(tags, name)])) };
  }

  /** The instances of a service, once they are newer than `index`. */
  async instances(service: string, index: string, signal: AbortSignal): Promise<Indexed<readonly ServiceInstance[]>> {
    const query = this.#blockingQuery(index, this.#config.health_filter);
    for (const tag of this.#config.tags) query.append("tag", tag);
    const answer = await this.#api.json(`/v1/health/service/${encodeURIComponent(service)}`, query, signal);
    return { index: indexOf(answer), value: listOf(answer.value, service).map(readInstance) };
  }

  close(): Promise<void> {
    return this.#api.close();
  }

  #query(): URLSearchParams {
    const { datacenter, namespace, partition } = this.#config;
    const given = Object.entries({ dc: datacenter, ns: namespace, partition }).filter(([, value]) => value !== "");
    return new URLSearchParams(given);
  }

  #blockingQuery(index: string, filter: string): URLSearchParams {
    const query = this.#query();
    if (this.#config.allow_stale) query.set("stale", "");
    if (index !== "") query.set("index", index);
    query.set("wait", `${WAIT_MS}ms`);
    if (filter !== "") query.set("filter", filter);
    for (const [key, value] of Object.entries(this.#config.node_meta)) query.append("node-meta", `${key}:${value}`);
    return query;
  }
}

function indexOf({ headers }: JsonAnswer): string {
  const index = String(headers["x-consul-index"] ?? "");
  return /^[1-9]\d*$/.test(index) ? index : "";
}

function readInstance(raw: unknown): ServiceInstance {
  const entry = objectOf(raw, "entry");
  const node = objectOf(entry["Node"], "Node");
  const service = objectOf(entry["Service"], "Service");
  return {
    nodeName: textOf(node["Node"], "Node.Node"),
    nodeAddress: textOf(node["Address"], "Node.Address"),
    nodeMeta: textEntriesOf(node["Meta"], "Node.Meta"),
    nodeTaggedAddresses: textEntriesOf(node["TaggedAddresses"], "Node.TaggedAddresses"),
    id: textOf(service["ID"], "Service.ID"),
    address: textOf(service["Address"], "Service.Address"),
    port: integerOf(service["Port"], "Service.Port"),
    tags: textsOf(service["Tags"], "Service.Tags"),
    meta: textEntriesOf(service["Meta"], "Service.Meta"),
    namespace: textOf(service["Namespace"], "Service.Namespace"),
    partition: textOf(service["Partition"], "Service.Partition"),
    checks: listOf(entry["Checks"], "Checks").map(readCheck),
  };
}

function readCheck(raw: unknown): HealthCheck {
  const check = objectOf(raw, "check");
  return { id: textOf(check["CheckID"], "CheckID"), status: textOf(check["Status"], "Status") };
}
