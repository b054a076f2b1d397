/** The targets that containers make, with Prometheus's labels. */
import type { Labels } from "../../relabel/labels.ts";
import { addressOf, prefixedLabels } from "../target-labels.ts";
import type { Container, ContainerNetwork, ContainerPort, Network } from "./docker-engine.ts";
import type { DockerSdConfig } from "./docker-sd.ts";

const META = "__meta_docker_";
const BORROWED_NETWORK = "container:";

type Entries = readonly (readonly [string, string])[];

export function targetsOf(
  containers: readonly Container[],
  networks: readonly Network[],
  config: DockerSdConfig,
): readonly Labels[] {
  const containersById = new Map(containers.map((container) => [container.id, container]));
  const networkLabelsById = new Map(networks.map((network) => [network.id, networkLabels(network)]));
  return containers
    .filter(({ names }) => names.length > 0)
    .flatMap((container) => {
      const common = containerLabels(container);
      return networksOf(container, containersById, config.match_first_network).flatMap((network) =>
        addressesIn(network, container, config).map(
          (own) => new Map([...own, ...common, ...(networkLabelsById.get(network.networkId) ?? [])]),
        ),
      );
    });
}

/** The networks where a container is reached. One without any may live in those of another, or of that one's host. */
function networksOf(
  container: Container,
  containersById: ReadonlyMap<string, Container>,
  onlyFirst: boolean,
): readonly ContainerNetwork[] {
  let host: Container | undefined = container;
  const seen = new Set<Container>();
  while (host.networks.size === 0 && host.networkMode.startsWith(BORROWED_NETWORK)) {
    seen.add(host);
    host = containersById.get(host.networkMode.slice(BORROWED_NETWORK.length));
    if (host === undefined || seen.has(host)) return [];
  }
  const named = [...host.networks].flatMap(([name, network]) => (network === null ? [] : [{ name, network }]));
  if (onlyFirst) named.sort((a, b) => (a.name < b.name ? -1 : 1)).splice(1);
  return named.map(({ network }) => network);
}

/** For each TCP port of `container` what only its target has; for none, the same of the port that is configured. */
function addressesIn(network: ContainerNetwork, container: Container, config: DockerSdConfig): readonly Entries[] {
  const ip = network.ipAddress === "" ? network.globalIpv6Address : network.ipAddress;
  const ipLabel = [`${META}network_ip`, ip] as const;
  const ports = container.ports.filter(({ type }) => type === "tcp");
  if (ports.length > 0) {
    return ports.map((port) => [["__address__", addressOf(ip, port.privatePort)], ipLabel, ...portLabels(port)]);
  }
  const address = container.networkMode === "host" ? config.host_networking_host : addressOf(ip, config.port);
  return [[["__address__", address], ipLabel]];
}

function portLabels({ privatePort, publicPort, ip }: ContainerPort): Entries {
  const inside = [`${META}port_private`, String(privatePort)] as const;
  if (publicPort === 0) return [inside];
  return [inside, [`${META}port_public`, String(publicPort)], [`${META}port_public_ip`, ip]];
}

function containerLabels({ id, names, image, imageId, networkMode, labels }: Container): Entries {
  return [
    [`${META}container_id`, id],
    [`${META}container_name`, names[0]!],
    [`${META}container_network_mode`, networkMode],
    ...(image === "" ? [] : [[`${META}container_image`, image] as const]),
    ...(imageId === "" ? [] : [[`${META}container_image_id`, imageId] as const]),
    ...prefixedLabels(`${META}container_label_`, labels),
  ];
}

function networkLabels({ id, name, scope, isInternal, isIngress, labels }: Network): Entries {
  return [
    [`${META}network_id`, id],
    [`${META}network_name`, name],
    [`${META}network_scope`, scope],
    [`${META}network_internal`, String(isInternal)],
    [`${META}network_ingress`, String(isIngress)],
    ...prefixedLabels(`${META}network_label_`, labels),
  ];
}
