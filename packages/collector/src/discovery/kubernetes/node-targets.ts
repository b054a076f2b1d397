/** One target for each node: its kubelet. */
import type { Labels } from "../../relabel/labels.ts";
import { addressOf, labelNameOf } from "../target-labels.ts";
import { ADDRESS, PREFIX, labelsOf, objectLabels, type Known, type LabelRecord } from "./meta-labels.ts";
import type { NodeObject } from "./objects.ts";

/** Of a node's addresses, the first kind that there is. */
const PREFERRED = ["InternalIP", "InternalDNS", "ExternalIP", "ExternalDNS", "LegacyHostIP", "Hostname"];

export function nodeTargets(node: NodeObject, _known: Known, warn: (message: string) => void): Labels[] {
  // The first address of each kind.
  const byType = new Map<string, string>();
  for (const { type, address } of node.status?.addresses ?? []) if (!byType.has(type)) byType.set(type, address);
  const host = PREFERRED.map((type) => byType.get(type)).find((address) => address !== undefined);
  if (host === undefined) {
    warn("No node address found");
    return [];
  }
  const addresses = [...byType].map(([type, address]) => [`${PREFIX}node_address_${labelNameOf(type)}`, address]);
  return [
    labelsOf(nodeLabels(node), {
      [ADDRESS]: addressOf(host, node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0),
      instance: node.metadata?.name ?? "",
      ...(Object.fromEntries(addresses) as LabelRecord),
    }),
  ];
}

function nodeLabels({ metadata, spec, status }: NodeObject): LabelRecord {
  const labels: Record<string, string> = { [`${PREFIX}node_provider_id`]: spec?.providerID ?? "" };
  for (const condition of status?.conditions ?? []) {
    labels[`${PREFIX}node_condition_${labelNameOf(condition.type.toLowerCase())}`] = condition.status.toLowerCase();
  }
  return { ...labels, ...objectLabels(metadata, "node") };
}
