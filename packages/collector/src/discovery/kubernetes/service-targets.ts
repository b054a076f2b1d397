/** One target for each port of a service, by its name in the cluster's DNS. */
import type { Labels } from "../../relabel/labels.ts";
import { addressOf } from "../target-labels.ts";
import {
  ADDRESS,
  NAMESPACE,
  PREFIX,
  labelsOf,
  namespaceMetadata,
  objectLabels,
  type Known,
  type LabelRecord,
} from "./meta-labels.ts";
import type { ServiceObject } from "./objects.ts";

export function serviceTargets(service: ServiceObject, known: Known): Labels[] {
  const { metadata, spec } = service;
  const group = { ...serviceLabels(service), ...namespaceMetadata(known, metadata?.namespace) };
  const host = `${metadata?.name ?? ""}.${metadata?.namespace ?? ""}.svc`;
  return (spec?.ports ?? []).map(({ name, port, protocol }) =>
    labelsOf(group, {
      [ADDRESS]: addressOf(host, port),
      [`${PREFIX}service_port_name`]: name ?? "",
      [`${PREFIX}service_port_number`]: String(port),
      [`${PREFIX}service_port_protocol`]: protocol ?? "",
      [`${PREFIX}service_type`]: spec?.type ?? "",
      ...whereItIs(service),
    }),
  );
}

/** The service's part in the labels of its endpoints, too. */
export function serviceLabels({ metadata }: ServiceObject): LabelRecord {
  return { [NAMESPACE]: metadata?.namespace ?? "", ...objectLabels(metadata, "service") };
}

function whereItIs({ spec, status }: ServiceObject): LabelRecord {
  if (spec?.type === "ExternalName") return { [`${PREFIX}service_external_name`]: spec.externalName ?? "" };
  const clusterIp = { [`${PREFIX}service_cluster_ip`]: spec?.clusterIP ?? "" };
  if (spec?.type !== "LoadBalancer") return clusterIp;
  const ips = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip === undefined || ip === "" ? [] : [ip]));
  return {
    ...clusterIp,
    [`${PREFIX}service_loadbalancer_ip`]: ips.length > 0 ? ips.join(",") : (spec.loadBalancerIP ?? ""),
  };
}
