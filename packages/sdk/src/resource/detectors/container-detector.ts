import { type DetectorConfig, detected, type ResourceDetector } from "../detector.ts";
import type { DetectedResource } from "../resource.ts";
import { readLocalFile } from "./local-file.ts";

// The last part of a control group's path: docker-{id}.scope, crio-{id}, …:cri-containerd:{id}, {id}
const CGROUP_ID = /(?:^|[:/-])([0-9a-f]{32,64})(?:\.[^/]*)?$/i;
// AWS Fargate: /ecs/{task}/{task}-{number}
const FARGATE_ID = /\/ecs\/[0-9a-f-]+\/([0-9a-f]{32}-\d+)$/i;
// Where engines keep the files that they mount into a container: …/containers/{id}/hostname
const MOUNT_ID = /\/(?:containers|overlay-containers|sandboxes|container)\/([0-9a-f]{64})\//i;

/** `container.id`, from control groups of version 1, or from the mounts where version 2 hides them. */
export class ContainerDetector implements ResourceDetector {
  readonly #root: string | undefined;

  constructor(config: DetectorConfig = {}) {
    this.#root = config.root;
  }

  detect(): DetectedResource {
    return detected(this.#detect());
  }

  async #detect(): Promise<Record<string, string>> {
    const id = await containerId(this.#root);
    return id === undefined ? {} : { "container.id": id };
  }
}

/** The id that the container engine gave to the container of this process. */
export async function containerId(root: string | undefined): Promise<string | undefined> {
  const cgroups = (await readLocalFile(root, "/proc/self/cgroup")) ?? "";
  for (const line of cgroups.split("\n")) {
    const path = line.slice(line.indexOf("/")).trim();
    const id = FARGATE_ID.exec(path)?.[1] ?? CGROUP_ID.exec(path)?.[1];
    if (id !== undefined) return id;
  }
  const mounts = (await readLocalFile(root, "/proc/self/mountinfo")) ?? "";
  for (const line of mounts.split("\n")) {
    const id = line.includes("/hostname ") ? MOUNT_ID.exec(line)?.[1] : undefined;
    if (id !== undefined) return id;
  }
  return undefined;
}
