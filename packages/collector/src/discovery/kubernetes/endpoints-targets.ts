/** One target for each address and port of an endpoints object, and the other ports of the pods behind it. */
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
  type Known,
  type LabelRecord,
} from "./meta-labels.ts";
import { keyOf, type EndpointAddress, type EndpointsObject, type EndpointsPort } from "./objects.ts";
import { PodsBehind } from "./pods-behind.ts";
import { serviceLabels } from "./service-targets.ts";

const OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity";

export function endpointsTargets(endpoints: EndpointsObject, known: Known, warn: (message: string) => void): Labels[] {
  warnOfCapacity(endpoints, warn);
  const { metadata, subsets = [] } = endpoints;
  const service = known.services?.get(keyOf(endpoints));
  const group: LabelRecord = {
    [NAMESPACE]: metadata?.namespace ?? "",
    ...(service === undefined ? {} : serviceLabels(service)),
    ...objectLabels(metadata, "endpoints"),
    ...namespaceMetadata(known, metadata?.namespace),
  };
  const pods = new PodsBehind(known);
  const target = (address: EndpointAddress, port: EndpointsPort, isReady: boolean): Labels =>
    labelsOf(group, {
      ...addressLabels(address, port, isReady),
      ...nodeMetadata(known, nodeOf(address)),
      ...pods.labelsAt(address.targetRef, port.port, port.protocol ?? ""),
    });
  const own = subsets.flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }) =>
    ports.flatMap((port) => [
      ...addresses.map((address) => target(address, port, true)),
      ...notReadyAddresses.map((address) => target(address, port, false)),
    ]),
  );
  return [...own, ...pods.others(group)];
}

function addressLabels(address: EndpointAddress, port: EndpointsPort, isReady: boolean): LabelRecord {
  const { ip, hostname, nodeName, targetRef } = address;
  return {
    [ADDRESS]: addressOf(ip, port.port),
    [`${PREFIX}endpoint_port_name`]: port.name ?? "",
    [`${PREFIX}endpoint_port_protocol`]: port.protocol ?? "",
    [`${PREFIX}endpoint_ready`]: String(isReady),
    [`${PREFIX}endpoint_address_target_kind`]: targetRef && (targetRef.kind ?? ""),
    [`${PREFIX}endpoint_address_target_name`]: targetRef && (targetRef.name ?? ""),
    [`${PREFIX}endpoint_node_name`]: nodeName,
    [`${PREFIX}endpoint_hostname`]: hostname === "" ? undefined : hostname,
  };
}

function nodeOf({ nodeName, targetRef }: EndpointAddress): string | undefined {
  return nodeName ?? (targetRef?.kind === "Node" ? targetRef.name : undefined);
}

function warnOfCapacity({ metadata }: EndpointsObject, warn: (message: string) => void): void {
  const state = metadata?.labels?.[OVER_CAPACITY] ?? metadata?.annotations?.[OVER_CAPACITY];
  if (state !== "truncated" && state !== "warning") return;
  const what = state === "truncated" ? " and has been truncated" : "";
  warn(`Number of endpoints in one Endpoints object exceeds 1000${what}, please use "role: endpointslice" instead`);
}
