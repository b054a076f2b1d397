import { isIP } from "node:net";
import type { Labels } from "../../../relabel/labels.ts";

const KUBERNETES: Readonly<Record<string, string>> = {
  __meta_kubernetes_pod_name: "k8s.pod.name",
  __meta_kubernetes_pod_uid: "k8s.pod.uid",
  __meta_kubernetes_pod_container_name: "k8s.container.name",
  __meta_kubernetes_namespace: "k8s.namespace.name",
  __meta_kubernetes_pod_node_name: "k8s.node.name",
  __meta_kubernetes_node_name: "k8s.node.name",
  __meta_kubernetes_endpoint_node_name: "k8s.node.name",
};
const CONTROLLERS: Readonly<Record<string, string>> = {
  ReplicaSet: "k8s.replicaset.name",
  DaemonSet: "k8s.daemonset.name",
  StatefulSet: "k8s.statefulset.name",
  Job: "k8s.job.name",
  CronJob: "k8s.cronjob.name",
};

/** The attributes of the resource that a target is. `discovered` are its labels before relabelling. */
export function resourceAttributes(job: string, instance: string, discovered: Labels): Map<string, string> {
  const { host, port } = splitHostPort(instance);
  const attributes = new Map([
    ["service.name", job],
    ["service.instance.id", instance],
  ]);
  if (isDiscernible(host)) attributes.set("server.address", host);
  attributes.set("server.port", port);
  attributes.set("url.scheme", discovered.get("__scheme__") ?? "");
  for (const [label, attribute] of Object.entries(KUBERNETES)) {
    const value = discovered.get(label) ?? "";
    if (value !== "") attributes.set(attribute, value);
  }
  const controller = CONTROLLERS[discovered.get("__meta_kubernetes_pod_controller_kind") ?? ""];
  const name = discovered.get("__meta_kubernetes_pod_controller_name") ?? "";
  if (controller !== undefined && name !== "") attributes.set(controller, name);
  return attributes;
}

function splitHostPort(instance: string): { host: string; port: string } {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(.*)$/.exec(instance);
  if (match === null) return { host: instance, port: "" };
  return { host: match[1] ?? match[2] ?? "", port: match[3] ?? "" };
}

/** Whether a host tells more than "here". */
function isDiscernible(host: string): boolean {
  if (host === "localhost") return false;
  if (isIP(host) === 0) return true;
  return !/^127\.|^0\.0\.0\.0$|^(?:0{0,4}:)+0{0,3}[01]?$/.test(host);
}
