/** What is watched for a role: the API's paths and the selectors. */
import type { KubernetesSdConfig, Role } from "./config.ts";
import type { Resource } from "./watched-collection.ts";

/** Where the API has each kind of object. */
const PATHS: Readonly<Record<Role, readonly [group: string, plural: string]>> = {
  node: ["/api/v1", "nodes"],
  pod: ["/api/v1", "pods"],
  service: ["/api/v1", "services"],
  endpoints: ["/api/v1", "endpoints"],
  endpointslice: ["/apis/discovery.k8s.io/v1", "endpointslices"],
  ingress: ["/apis/networking.k8s.io/v1", "ingresses"],
};

/** What each namespace has for itself. The first are what targets are made of, with the help of the others. */
interface NamespaceResources {
  readonly primary: Resource;
  readonly services: Resource | undefined;
  readonly pods: Resource | undefined;
  readonly replicaSets: Resource | undefined;
  readonly jobs: Resource | undefined;
}

/** What namespaces share. */
interface ClusterResources {
  readonly nodes: Resource | undefined;
  readonly namespaces: Resource | undefined;
}

/** `namespace` is empty for all of them. */
export function namespaceResources(config: KubernetesSdConfig, namespace: string): NamespaceResources {
  const { role, attach_metadata: attach } = config;
  const where = namespace === "" || role === "node" ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  const selected = (kind: Role): Resource => {
    const [group, plural] = PATHS[kind];
    return { path: `${group}${where}/${plural}`, ...selectorsOf(config, kind) };
  };
  const whole = (group: string, plural: string): Resource => ({ path: `${group}${where}/${plural}`, ...EVERYTHING });
  const needsPods = role === "endpoints" || role === "endpointslice";
  const showsPods = needsPods || role === "pod";
  return {
    primary: selected(role),
    services: needsPods ? selected("service") : undefined,
    pods: needsPods ? selected("pod") : undefined,
    replicaSets: showsPods && attach.deployment ? whole("/apis/apps/v1", "replicasets") : undefined,
    jobs: showsPods && (attach.job || attach.cronjob) ? whole("/apis/batch/v1", "jobs") : undefined,
  };
}

export function clusterResources(config: KubernetesSdConfig): ClusterResources {
  const { role, attach_metadata: attach } = config;
  const showsPods = role === "endpoints" || role === "endpointslice" || role === "pod";
  return {
    nodes: showsPods && attach.node ? { path: "/api/v1/nodes", ...selectorsOf(config, "node") } : undefined,
    namespaces: role !== "node" && attach.namespace ? { path: "/api/v1/namespaces", ...EVERYTHING } : undefined,
  };
}

const EVERYTHING = { labelSelector: "", fieldSelector: "" };

function selectorsOf({ selectors }: KubernetesSdConfig, kind: Role): Omit<Resource, "path"> {
  const one = selectors.find(({ role }) => role === kind);
  return { labelSelector: one?.label ?? "", fieldSelector: one?.field ?? "" };
}
