/** `consul_sd_configs`: the instances of services that Consul knows, each a target. */
import type { DiscoverySettings, DiscoverySource } from "../discovery.ts";
import { boolean, field, list, map, oneOf, secret, section, string, type Schema } from "../../schema/schema.ts";
import type { Place } from "../../schema/place.ts";
import { checkHttpClient, httpClientFields, type HttpClientConfig } from "../../http-client/http-client-config.ts";
import { prometheusDuration } from "../../prometheus/values.ts";
import { ConsulDiscovery } from "./consul-discovery.ts";
import { addressProtocol } from "./consul-address.ts";

export interface ConsulSdConfig extends HttpClientConfig {
  readonly server: string;
  readonly path_prefix: string;
  readonly token: string;
  readonly datacenter: string;
  readonly namespace: string;
  readonly partition: string;
  readonly scheme: "http" | "https";
  readonly username: string;
  readonly password: string;
  readonly services: readonly string[];
  readonly tags: readonly string[];
  readonly node_meta: Readonly<Record<string, string>>;
  readonly filter: string;
  readonly health_filter: string;
  readonly allow_stale: boolean;
  readonly tag_separator: string;
  readonly refresh_interval: number;
}

export const consulSd: Schema<ConsulSdConfig> = section<ConsulSdConfig>(
  {
    server: field(string, "localhost:8500", "Where Consul listens."),
    path_prefix: field(string, "", "What stands before the API's paths, where Consul is behind a gateway."),
    token: field(secret, "", "The token that is sent as `X-Consul-Token`."),
    datacenter: field(string, "", "The datacenter; that of the agent."),
    namespace: field(string, "", "The namespace, for Consul Enterprise."),
    partition: field(string, "", "The admin partition, for Consul Enterprise."),
    scheme: field(oneOf("http", "https"), "http", "The scheme."),
    username: field(string, "", "The user, deprecated: write `basic_auth`."),
    password: field(secret, "", "The password, deprecated: write `basic_auth`."),
    services: field(list(string), undefined, "The services whose instances are targets; all."),
    tags: field(list(string), undefined, "Tags that an instance must have, all of them."),
    node_meta: field(map(string), undefined, "Metadata that a node must have."),
    filter: field(string, "", "An expression that picks services, for Consul's catalog."),
    health_filter: field(string, "", "An expression that picks instances, for Consul's health API."),
    allow_stale: field(boolean, true, "Whether any server may answer, not only the leader."),
    tag_separator: field(string, ",", "Stands between the tags of a label, and around them."),
    refresh_interval: field(prometheusDuration, "30s", "The shortest time between two queries of the same thing."),
    ...httpClientFields,
  },
  check,
);

function check(config: ConsulSdConfig, place: Place): void {
  if (config.server.trim() === "") place.problem("consul SD configuration requires a server address");
  const protocol = addressProtocol(config.server);
  if (protocol !== undefined && !["http", "https", "unix"].includes(protocol)) {
    place.problem(`Unknown protocol scheme: ${protocol}`, "write http://, https:// or unix://");
  }
  if (config.refresh_interval === 0) place.problem("refresh_interval must be greater than 0");
  const { username, password, token, basic_auth, authorization, oauth2 } = config;
  const hasUser = username !== "" || password !== "";
  if (hasUser && basic_auth !== undefined) {
    place.problem("at most one of consul SD configuration username and password and basic auth can be configured");
  }
  if (token !== "" && (authorization !== undefined || oauth2 !== undefined)) {
    place.problem("at most one of consul SD token, authorization, or oauth2 can be configured");
  }
  checkHttpClient(httpClientOf(config), place);
}

export function consulSource(config: ConsulSdConfig, settings: DiscoverySettings): DiscoverySource {
  return new ConsulDiscovery({ ...config, ...httpClientOf(config) }, settings);
}

/** The HTTP client's settings, with user and password where they are written the older way. */
function httpClientOf(config: ConsulSdConfig): HttpClientConfig {
  const { username, password } = config;
  if (username === "" && password === "") return config;
  return { ...config, basic_auth: { username, password, username_file: undefined, password_file: undefined } };
}
