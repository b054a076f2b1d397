import { randomUUID } from "node:crypto";
import { detected, type ResourceDetector } from "../detector.ts";
import type { DetectedResource } from "../resource.ts";

/** `service.instance.id`: a random one, the same for as long as the detector lives. */
export class ServiceInstanceIdDetector implements ResourceDetector {
  #id: string | undefined;

  detect(): DetectedResource {
    this.#id ??= randomUUID();
    return detected({ "service.instance.id": this.#id });
  }
}
