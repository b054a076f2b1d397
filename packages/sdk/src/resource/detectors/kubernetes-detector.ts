import { type DetectorConfig, detected, type ResourceDetector } from "../detector.ts";
import { type Environment, readText } from "../../config/environment.ts";
import type { DetectedResource } from "../resource.ts";
import { readLocalFile } from "./local-file.ts";

const NAMESPACE_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
const UID = "[0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}";
// Kubelet mounts files of the pod, and its control group's name has the id, with `_` in systemd's.
const MOUNTED_UID = new RegExp(`/pods/(${UID})/`);
const CGROUP_UID = new RegExp(`[/-]pod(${UID})`);

// The variables by which the downward API usually hands these on.
const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  "k8s.pod.name": ["K8S_POD_NAME", "POD_NAME", "OTEL_RESOURCE_ATTRIBUTES_POD_NAME", "HOSTNAME"],
  "k8s.pod.uid": ["K8S_POD_UID", "POD_UID", "OTEL_RESOURCE_ATTRIBUTES_POD_UID"],
  "k8s.namespace.name": ["K8S_NAMESPACE_NAME", "K8S_NAMESPACE", "POD_NAMESPACE"],
  "k8s.node.name": ["K8S_NODE_NAME", "NODE_NAME", "OTEL_RESOURCE_ATTRIBUTES_NODE_NAME"],
  "k8s.container.name": ["K8S_CONTAINER_NAME", "CONTAINER_NAME"],
  "k8s.deployment.name": ["K8S_DEPLOYMENT_NAME"],
  "k8s.cluster.name": ["K8S_CLUSTER_NAME"],
};

/** `k8s.*`: what the pod's variables, its service account and its mounts tell, without asking the API server. */
export class KubernetesDetector implements ResourceDetector {
  readonly #env: Environment;
  readonly #root: string | undefined;

  constructor(config: DetectorConfig = {}) {
    this.#env = config.env ?? process.env;
    this.#root = config.root;
  }

  detect(): DetectedResource {
    if (readText(this.#env, "KUBERNETES_SERVICE_HOST") === undefined) return {};
    return detected(this.#detect());
  }

  async #detect(): Promise<Record<string, string | undefined>> {
    const found = Object.entries(VARIABLES).map(([attribute, names]) => [attribute, this.#first(names)] as const);
    const attributes: Record<string, string | undefined> = Object.fromEntries(found);
    attributes["k8s.namespace.name"] ??= await readLocalFile(this.#root, NAMESPACE_FILE);
    attributes["k8s.pod.uid"] ??= await this.#podUid();
    return attributes;
  }

  #first(names: readonly string[]): string | undefined {
    return names.map((name) => readText(this.#env, name)).find((text) => text !== undefined);
  }

  async #podUid(): Promise<string | undefined> {
    const mounted = MOUNTED_UID.exec((await readLocalFile(this.#root, "/proc/self/mountinfo")) ?? "")?.[1];
    const uid = mounted ?? CGROUP_UID.exec((await readLocalFile(this.#root, "/proc/self/cgroup")) ?? "")?.[1];
    return uid?.replaceAll("_", "-");
  }
}
