import { diag } from "@opentelemetry/api";
import { messageOf } from "@clew/base";
import type { ResourceDetector } from "./detector.ts";
import {
  type DetectedResource,
  type DetectedResourceAttributes,
  emptyResource,
  type Resource,
  resourceFromDetectedResource,
} from "./resource.ts";

const DEFAULT_TIMEOUT_MS = 3_000;

export interface ResourceDetectionConfig {
  readonly detectors?: readonly ResourceDetector[];
  /** After so long, what has not been found out is left out. 3000 */
  readonly timeoutMillis?: number;
}

/**
 * Runs detectors side by side; where several find the same attribute, the last of them in the list wins.
 * Returns at once: what takes time is waited for by the first export. Never throws.
 */
export function detectResources({
  detectors = [],
  timeoutMillis = DEFAULT_TIMEOUT_MS,
}: ResourceDetectionConfig = {}): Resource {
  const deadline = new Promise<undefined>((resolve) => {
    setTimeout(() => resolve(undefined), timeoutMillis).unref();
  });
  return detectors.reduce<Resource>((found, detector) => found.merge(detect(detector, deadline)), emptyResource());
}

function detect(detector: ResourceDetector, deadline: Promise<undefined>): Resource {
  try {
    return resourceFromDetectedResource(bounded(detector.detect(), deadline));
  } catch (thrown) {
    diag.debug(`${detector.constructor.name} failed: ${messageOf(thrown)}`);
    return emptyResource();
  }
}

function bounded(resource: DetectedResource, deadline: Promise<undefined>): DetectedResource {
  const { attributes = {} } = resource;
  if (attributes instanceof Promise) {
    return {
      ...resource,
      attributes: Promise.race([attributes, deadline.then((): DetectedResourceAttributes => ({}))]),
    };
  }
  const entries = Object.entries(attributes).map(
    ([key, value]) => [key, value instanceof Promise ? Promise.race([value, deadline]) : value] as const,
  );
  return { ...resource, attributes: Object.fromEntries(entries) };
}
