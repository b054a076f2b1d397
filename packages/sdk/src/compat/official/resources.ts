/** In the place of `@opentelemetry/resources`. */
export { detectResources, type ResourceDetectionConfig } from "../../resource/detect-resources.ts";
export { type ResourceDetector } from "../../resource/detector.ts";
export {
  envDetector,
  hostDetector,
  osDetector,
  processDetector,
  serviceInstanceIdDetector,
} from "../../resource/official-detectors.ts";
export {
  defaultResource,
  defaultServiceName,
  type DetectedResource,
  type DetectedResourceAttributes,
  emptyResource,
  type Resource,
  resourceFromAttributes,
} from "../../resource/resource.ts";
