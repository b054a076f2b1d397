/** One target for each port of a pod's containers, or one for a container that names no port. */
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
import { controllerOf, namespacedName, type Container, type ContainerPort, type PodObject } from "./objects.ts";

export function podTargets(pod: PodObject, known: Known): Labels[] {
  const { metadata, spec, status } = pod;
  // There is none while the pod starts, and once it was evicted.
  const ip = status?.podIP ?? "";
  if (ip === "") return [];
  // A selector of nodes, or an account that may not see it, leaves the node out, and its pods with it.
  if (known.nodes !== undefined && !known.nodes.has(spec?.nodeName ?? "")) return [];
  const group: LabelRecord = {
    ...podLabels(pod, known),
    [NAMESPACE]: metadata?.namespace ?? "",
    ...nodeMetadata(known, spec?.nodeName),
    ...namespaceMetadata(known, metadata?.namespace),
  };
  return containersOf(pod).flatMap(({ container, isInit }) => {
    const statuses = isInit ? status?.initContainerStatuses : status?.containerStatuses;
    const id = statuses?.find(({ name }) => name === container.name)?.containerID ?? "";
    const common = { ...containerLabels(container, isInit), [`${PREFIX}pod_container_id`]: id };
    const ports = container.ports ?? [];
    if (ports.length === 0) return [labelsOf(group, { [ADDRESS]: ip, ...common })];
    return ports.map((port) =>
      labelsOf(group, { [ADDRESS]: addressOf(ip, port.containerPort), ...common, ...portLabels(port) }),
    );
  });
}

/** The pod's part in the labels of its endpoints, too. */
export function podLabels(pod: PodObject, known: Known): LabelRecord {
  const { metadata, spec, status } = pod;
  const ready = status?.conditions?.find(({ type }) => type === "Ready")?.status ?? "Unknown";
  return {
    [`${PREFIX}pod_ip`]: status?.podIP ?? "",
    [`${PREFIX}pod_ready`]: ready.toLowerCase(),
    [`${PREFIX}pod_phase`]: status?.phase ?? "",
    [`${PREFIX}pod_node_name`]: spec?.nodeName ?? "",
    [`${PREFIX}pod_host_ip`]: status?.hostIP ?? "",
    [`${PREFIX}pod_uid`]: metadata?.uid ?? "",
    ...objectLabels(metadata, "pod"),
    ...controllerLabels(pod, known),
  };
}

function controllerLabels(pod: PodObject, known: Known): LabelRecord {
  const controller = controllerOf(pod);
  if (controller === undefined) return {};
  const { kind, name } = controller;
  const ownerOf = (objects: Known["jobs"], ownerKind: string): string | undefined => {
    const object = objects?.get(namespacedName(pod.metadata?.namespace, name));
    const owner = object && controllerOf(object);
    return owner?.kind === ownerKind ? owner.name : undefined;
  };
  return {
    [`${PREFIX}pod_controller_kind`]: kind === "" ? undefined : kind,
    [`${PREFIX}pod_controller_name`]: name === "" ? undefined : name,
    [`${PREFIX}pod_deployment_name`]: kind === "ReplicaSet" ? ownerOf(known.replicaSets, "Deployment") : undefined,
    [`${PREFIX}pod_job_name`]: kind === "Job" && known.withJob ? name : undefined,
    [`${PREFIX}pod_cronjob_name`]: kind === "Job" && known.withCronJob ? ownerOf(known.jobs, "CronJob") : undefined,
  };
}

/** Containers, then those that run before them. */
export function containersOf({ spec }: PodObject): { container: Container; isInit: boolean }[] {
  return [
    ...(spec?.containers ?? []).map((container) => ({ container, isInit: false })),
    ...(spec?.initContainers ?? []).map((container) => ({ container, isInit: true })),
  ];
}

export function containerLabels({ name, image }: Container, isInit: boolean): LabelRecord {
  return {
    [`${PREFIX}pod_container_name`]: name,
    [`${PREFIX}pod_container_image`]: image ?? "",
    [`${PREFIX}pod_container_init`]: String(isInit),
  };
}

export function portLabels({ name, containerPort, protocol }: ContainerPort): LabelRecord {
  return {
    [`${PREFIX}pod_container_port_number`]: String(containerPort),
    [`${PREFIX}pod_container_port_name`]: name ?? "",
    [`${PREFIX}pod_container_port_protocol`]: protocol ?? "",
  };
}
