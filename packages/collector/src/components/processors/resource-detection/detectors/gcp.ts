import type { Detector } from "../detector.ts";

/** Google Cloud's metadata server; `GCE_METADATA_HOST` may name another address. */
export const detectGcp: Detector = async ({ env, get }) => {
  const base = `http://${env["GCE_METADATA_HOST"] ?? "metadata.google.internal"}/computeMetadata/v1`;
  const headers = { "metadata-flavor": "Google" };
  const read = (path: string): Promise<string> => get(`${base}/${path}`, { headers });
  const optional = (path: string): Promise<string | undefined> => read(path).catch(() => undefined);
  const project = await read("project/project-id");
  const common = { "cloud.provider": "gcp", "cloud.account.id": project };
  const zone = (await optional("instance/zone"))?.split("/").at(-1);
  const region = zone?.replace(/-[a-z]$/, "") ?? (await optional("instance/region"))?.split("/").at(-1);
  const instance = await optional("instance/id");
  if (env["K_SERVICE"] !== undefined || env["CLOUD_RUN_JOB"] !== undefined) {
    return {
      ...common,
      "cloud.platform": env["FUNCTION_TARGET"] === undefined ? "gcp_cloud_run" : "gcp_cloud_functions",
      "cloud.region": region,
      "faas.instance": instance,
      "faas.name": env["K_SERVICE"] ?? env["CLOUD_RUN_JOB"],
      "faas.version": env["K_REVISION"],
      "gcp.cloud_run.job.execution": env["CLOUD_RUN_EXECUTION"],
      "gcp.cloud_run.job.task_index": env["CLOUD_RUN_TASK_INDEX"],
    };
  }
  const cluster =
    env["KUBERNETES_SERVICE_HOST"] === undefined ? undefined : await optional("instance/attributes/cluster-name");
  const place = {
    ...common,
    "cloud.region": region,
    "cloud.availability_zone": zone,
    "host.id": instance,
    "host.name": await optional("instance/name"),
  };
  if (cluster !== undefined)
    return { ...place, "cloud.platform": "gcp_kubernetes_engine", "k8s.cluster.name": cluster };
  return {
    ...place,
    "cloud.platform": "gcp_compute_engine",
    "host.type": (await optional("instance/machine-type"))?.split("/").at(-1),
  };
};
