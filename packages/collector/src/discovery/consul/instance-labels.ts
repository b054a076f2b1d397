/** The target that an instance of a service makes, with Prometheus's labels. */
import type { Labels } from "../../relabel/labels.ts";
import { addressOf, prefixedLabels } from "../target-labels.ts";
import type { HealthCheck, ServiceInstance } from "./consul-api.ts";

const META = "__meta_consul_";
const NODE_MAINTENANCE = "_node_maintenance";
const SERVICE_MAINTENANCE_PREFIX = "_service_maintenance:";

/** What the targets of a service share. */
export interface InstanceContext {
  readonly service: string;
  readonly datacenter: string;
  readonly tagSeparator: string;
}

export function instanceLabels(instance: ServiceInstance, context: InstanceContext): Labels {
  const { service, datacenter, tagSeparator } = context;
  const host = instance.address === "" ? instance.nodeAddress : instance.address;
  return new Map([
    [`${META}service`, service],
    [`${META}dc`, datacenter],
    ["__address__", addressOf(host, instance.port)],
    [`${META}address`, instance.nodeAddress],
    [`${META}node`, instance.nodeName],
    [`${META}namespace`, instance.namespace],
    [`${META}partition`, instance.partition],
    // Around the tags too, so that a pattern finds one wherever it stands.
    [`${META}tags`, `${tagSeparator}${instance.tags.join(tagSeparator)}${tagSeparator}`],
    [`${META}service_address`, instance.address],
    [`${META}service_port`, String(instance.port)],
    [`${META}service_id`, instance.id],
    [`${META}health`, healthOf(instance.checks)],
    ...prefixedLabels(`${META}metadata_`, instance.nodeMeta),
    ...prefixedLabels(`${META}service_metadata_`, instance.meta),
    ...prefixedLabels(`${META}tagged_address_`, instance.nodeTaggedAddresses),
  ]);
}

/** The worst of the checks; maintenance is worse than all of them, and a status that nobody knows makes it empty. */
export function healthOf(checks: readonly HealthCheck[]): string {
  const isMaintenance = ({ id }: HealthCheck): boolean =>
    id === NODE_MAINTENANCE || id.startsWith(SERVICE_MAINTENANCE_PREFIX);
  const statuses = checks.filter((check) => !isMaintenance(check)).map(({ status }) => status);
  if (statuses.some((status) => !["passing", "warning", "critical"].includes(status))) return "";
  if (checks.some(isMaintenance)) return "maintenance";
  return ["critical", "warning"].find((status) => statuses.includes(status)) ?? "passing";
}
