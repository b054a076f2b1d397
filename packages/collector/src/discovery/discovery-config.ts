/** What Prometheus's configuration says of where targets are found, be it to scrape them or to tell them of alerts. */
import { checkHttpClient, httpClientFields, type HttpClientConfig } from "../http-client/http-client-config.ts";
import { prometheusDuration } from "../prometheus/values.ts";
import type { Place } from "../schema/place.ts";
import { field, integer, list, oneOf, recordOf, section, string, type Fields, type Schema } from "../schema/schema.ts";
import { consulSd, type ConsulSdConfig } from "./consul/consul-sd.ts";
import { dockerSd, type DockerSdConfig } from "./docker/docker-sd.ts";
import { kubernetesSd, type KubernetesSdConfig } from "./kubernetes/kubernetes-sd.ts";
import { targetGroup, type TargetGroup } from "./target-group.ts";

export interface FileSdConfig {
  readonly files: readonly string[];
  readonly refresh_interval: number;
}

export interface HttpSdConfig extends HttpClientConfig {
  readonly url: string;
  readonly refresh_interval: number;
}

export interface DnsSdConfig {
  readonly names: readonly string[];
  readonly type: "A" | "AAAA" | "SRV" | "MX" | "NS";
  readonly port: number;
  readonly refresh_interval: number;
}

export interface DiscoveryConfig {
  readonly static_configs: readonly TargetGroup[];
  readonly file_sd_configs: readonly FileSdConfig[];
  readonly http_sd_configs: readonly HttpSdConfig[];
  readonly dns_sd_configs: readonly DnsSdConfig[];
  readonly kubernetes_sd_configs: readonly KubernetesSdConfig[];
  readonly docker_sd_configs: readonly DockerSdConfig[];
  readonly consul_sd_configs: readonly ConsulSdConfig[];
}

/** Discovery that Prometheus has and we do not. Named, so that the error can say so. */
const OTHER_DISCOVERY = [
  "azure", "digitalocean", "dockerswarm", "ec2", "eureka", "gce", "hetzner", "ionos",
  "kuma", "lightsail", "linode", "marathon", "nerve", "nomad", "openstack", "ovhcloud", "puppetdb", "scaleway",
  "serverset", "stackit", "triton", "uyuni", "vultr",
].map((name) => `${name}_sd_configs`); // prettier-ignore

const fileSd: Schema<FileSdConfig> = section<FileSdConfig>(
  {
    files: field(list(string), undefined, "JSON or YAML files with target groups; `*` in the name is a pattern."),
    refresh_interval: field(prometheusDuration, "5m", "How often they are read again."),
  },
  ({ files }, place) => {
    if (files.length === 0) place.problem("file service discovery config must contain at least one path name");
    for (const file of files) {
      if (!/^[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)$/.test(file)) {
        place.problem(`path name ${JSON.stringify(file)} is not valid for file discovery`);
      }
    }
  },
);

const httpSd: Schema<HttpSdConfig> = section<HttpSdConfig>(
  {
    url: field(string, "", "Answers with target groups as JSON."),
    refresh_interval: field(prometheusDuration, "1m", "How often it is asked."),
    ...httpClientFields,
  },
  (config, place) => {
    if (config.url === "") place.problem("URL is missing");
    else if (!/^https?:\/\//.test(config.url)) place.problem("URL scheme must be 'http' or 'https'");
    checkHttpClient(config, place);
  },
);

const dnsSd: Schema<DnsSdConfig> = section<DnsSdConfig>(
  {
    names: field(list(string), undefined, "Names that are looked up."),
    type: field(oneOf("SRV", "A", "AAAA", "MX", "NS"), "SRV", "What is looked up."),
    port: field(integer(0, 65_535), 0, "The port, where the answer has none."),
    refresh_interval: field(prometheusDuration, "30s", "How often they are looked up."),
  },
  ({ names, type, port }, place) => {
    if (names.length === 0) place.problem("DNS-SD config must contain at least one SRV record name");
    if (type !== "SRV" && port === 0)
      place.problem(`a port is required in DNS-SD configs for all record types except SRV`);
  },
);

export const discoveryFields: Fields<DiscoveryConfig> = {
  static_configs: field(list(targetGroup), undefined, "Targets, by address."),
  file_sd_configs: field(list(fileSd), undefined, "Targets from files."),
  http_sd_configs: field(list(httpSd), undefined, "Targets from URLs."),
  dns_sd_configs: field(list(dnsSd), undefined, "Targets from DNS."),
  kubernetes_sd_configs: field(list(kubernetesSd), undefined, "What a Kubernetes cluster runs."),
  docker_sd_configs: field(list(dockerSd), undefined, "Containers of a Docker Engine."),
  consul_sd_configs: field(list(consulSd), undefined, "Instances of services that Consul knows."),
};

/** A section with `discoveryFields`, which says so where it names discovery that is not supported. */
export function withKnownDiscovery<T>(known: Schema<T>): Schema<T> {
  return {
    ...known,
    read(raw, place) {
      const given = { ...recordOf(raw, place) };
      for (const name of OTHER_DISCOVERY.filter((one) => one in given)) {
        place.at(name).problem("this service discovery is not supported", "use file_sd_configs or http_sd_configs");
        delete given[name];
      }
      return known.read(given, place);
    },
  };
}

/** Without relabelling a target's address is what stands there. */
export function checkAddresses({ static_configs: groups }: DiscoveryConfig, place: Place): void {
  for (const target of groups.flatMap(({ targets }) => targets)) {
    if (target.includes("/")) place.problem(`${JSON.stringify(target)} is not a valid hostname`, "write host:port");
  }
}
