/** `docker_sd_configs`: the containers that a Docker Engine runs, one target for each network and TCP port. */
import { type DiscoverySettings, RefreshingSource, type DiscoverySource } from "../discovery.ts";
import { boolean, field, integer, list, section, string, type Schema } from "../../schema/schema.ts";
import type { Place } from "../../schema/place.ts";
import { checkHttpClient, httpClientFields, type HttpClientConfig } from "../../http-client/http-client-config.ts";
import { prometheusDuration } from "../../prometheus/values.ts";
import { targetsOf } from "./container-targets.ts";
import { DockerEngine } from "./docker-engine.ts";
import { parseDockerHost } from "./docker-host.ts";

/** Containers must have one of the values. */
export interface DockerFilter {
  readonly name: string;
  readonly values: readonly string[];
}

export interface DockerSdConfig extends HttpClientConfig {
  readonly host: string;
  readonly port: number;
  readonly filters: readonly DockerFilter[];
  readonly host_networking_host: string;
  readonly match_first_network: boolean;
  readonly refresh_interval: number;
}

const filter: Schema<DockerFilter> = section<DockerFilter>({
  name: field(string, "", "What is filtered by, as Docker's API names it: `label`, `network`."),
  values: field(list(string), undefined, "Values of which one must be there."),
});

export const dockerSd: Schema<DockerSdConfig> = section<DockerSdConfig>(
  {
    host: field(string, "", "Where Docker listens: `unix:///var/run/docker.sock`, `tcp://`, `http://` or `https://`."),
    port: field(integer(0, 65_535), 80, "The port of containers that expose none."),
    filters: field(list(filter), undefined, "Which containers are taken; all that run."),
    host_networking_host: field(string, "localhost", "The address of containers in the host's network."),
    match_first_network: field(boolean, true, "Whether only the first of a container's networks is taken, by name."),
    refresh_interval: field(prometheusDuration, "60s", "How often Docker is asked, and how long an answer may take."),
    ...httpClientFields,
  },
  check,
);

function check(config: DockerSdConfig, place: Place): void {
  if (config.host === "") place.problem("host missing", 'write "unix:///var/run/docker.sock"');
  else if (parseDockerHost(config.host) === undefined) {
    place.problem(`unable to parse docker host \`${config.host}\``, "write unix://, tcp://, http:// or https://");
  }
  if (config.refresh_interval === 0) place.problem("refresh_interval must be greater than 0");
  checkHttpClient(config, place);
}

export function dockerSource(config: DockerSdConfig, settings: DiscoverySettings): DiscoverySource {
  const engine = new DockerEngine(config, settings.clock);
  const source = new RefreshingSource(settings, "docker", config.refresh_interval, async (signal) => {
    const containers = await engine.containers(signal);
    const networks = await engine.networks(signal);
    return targetsOf(containers, networks, config);
  });
  return {
    start: (found) => source.start(found),
    async stop() {
      await source.stop();
      await engine.close();
    },
  };
}
