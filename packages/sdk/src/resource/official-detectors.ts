/** The detectors as the official packages have them: ready-made objects, which look at this process. */
import type { ResourceDetector } from "./detector.ts";
import { EnvDetector } from "./detectors/env-detector.ts";
import { HostDetector } from "./detectors/host-detector.ts";
import { OSDetector } from "./detectors/os-detector.ts";
import { ProcessDetector } from "./detectors/process-detector.ts";
import { ServiceInstanceIdDetector } from "./detectors/service-instance-id-detector.ts";

export const envDetector: ResourceDetector = new EnvDetector();
export const hostDetector: ResourceDetector = new HostDetector();
export const osDetector: ResourceDetector = new OSDetector();
export const processDetector: ResourceDetector = new ProcessDetector();
export const serviceInstanceIdDetector: ResourceDetector = new ServiceInstanceIdDetector();
