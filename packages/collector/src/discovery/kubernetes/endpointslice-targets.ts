/** One target for each address and port of an endpoint slice, and the other ports of the pods behind it. */
import type { Labels } from "../../relabel/labels.ts";
import { addressOf } from "../target-labels.ts";
import {
  ADDRESS,
  NAMESPACE,
  PREFIX,
  labelsOf,
  namespaceMetadata,
  nodeMetadata,
  objectLabels,
  prefixed,
  type Known,
  type LabelRecord,
} from "./meta-labels.ts";
import {
  namespacedName,
  type EndpointSliceObject,
  type ServiceObject,
  type SliceEndpoint,
  type SlicePort,
} from "./objects.ts";
import { PodsBehind } from "./pods-behind.ts";
import { serviceLabels } from "./service-targets.ts";

const SERVICE_NAME = "kubernetes.io/service-name";

export function endpointSliceTargets(slice: EndpointSliceObject, known: Known): Labels[] {
  const { metadata, endpoints, ports } = slice;
  const serviceName = metadata?.labels?.[SERVICE_NAME];
  const service =
    serviceName === undefined ? undefined : known.services?.get(namespacedName(metadata?.namespace, serviceName));
  if (isSecondFamily(slice, service)) return [];
  const group: LabelRecord = {
    [NAMESPACE]: metadata?.namespace ?? "",
    [`${PREFIX}endpointslice_address_type`]: slice.addressType ?? "",
    ...objectLabels(metadata, "endpointslice"),
    ...(service === undefined ? {} : serviceLabels(service)),
    ...namespaceMetadata(known, metadata?.namespace),
  };
  const pods = new PodsBehind(known);
  // The API says null for both where there are none.
  const own = (endpoints ?? []).flatMap((endpoint) =>
    (ports ?? []).flatMap((port) =>
      (endpoint.addresses ?? []).map((address) =>
        labelsOf(group, {
          [ADDRESS]: port.port === undefined ? address : addressOf(address, port.port),
          ...portLabels(port),
          ...endpointLabels(endpoint),
          ...nodeMetadata(known, nodeOf(endpoint)),
          ...pods.labelsAt(endpoint.targetRef, port.port),
        }),
      ),
    ),
  );
  return [...own, ...pods.others(group)];
}

/** Whether a service of two address families has another slice that is its first one, with the same pods. */
function isSecondFamily({ addressType }: EndpointSliceObject, service: ServiceObject | undefined): boolean {
  const policy = service?.spec?.ipFamilyPolicy;
  const first = service?.spec?.ipFamilies?.[0];
  if (policy !== "PreferDualStack" && policy !== "RequireDualStack") return false;
  return first !== undefined && first !== addressType;
}

function portLabels({ name, port, protocol, appProtocol }: SlicePort): LabelRecord {
  return {
    [`${PREFIX}endpointslice_port_name`]: name,
    [`${PREFIX}endpointslice_port_protocol`]: protocol,
    [`${PREFIX}endpointslice_port`]: textOf(port),
    [`${PREFIX}endpointslice_port_app_protocol`]: appProtocol,
  };
}

function endpointLabels(endpoint: SliceEndpoint): LabelRecord {
  const { conditions, hostname, targetRef, nodeName, zone, deprecatedTopology } = endpoint;
  return {
    [`${PREFIX}endpointslice_endpoint_conditions_ready`]: textOf(conditions?.ready),
    [`${PREFIX}endpointslice_endpoint_conditions_serving`]: textOf(conditions?.serving),
    [`${PREFIX}endpointslice_endpoint_conditions_terminating`]: textOf(conditions?.terminating),
    [`${PREFIX}endpointslice_endpoint_hostname`]: hostname,
    [`${PREFIX}endpointslice_address_target_kind`]: targetRef && (targetRef.kind ?? ""),
    [`${PREFIX}endpointslice_address_target_name`]: targetRef && (targetRef.name ?? ""),
    [`${PREFIX}endpointslice_endpoint_node_name`]: nodeName,
    [`${PREFIX}endpointslice_endpoint_zone`]: zone,
    ...prefixed(
      deprecatedTopology,
      `${PREFIX}endpointslice_endpoint_topology_`,
      `${PREFIX}endpointslice_endpoint_topology_present_`,
    ),
  };
}

function textOf(value: number | boolean | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

function nodeOf({ nodeName, targetRef }: SliceEndpoint): string | undefined {
  return targetRef?.kind === "Node" ? targetRef.name : nodeName;
}
