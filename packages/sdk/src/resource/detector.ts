import type { Environment } from "../config/environment.ts";
import type { DetectedResource, DetectedResourceAttributes } from "./resource.ts";

/** Finds out what the process runs on. */
export interface ResourceDetector {
  /** Returns at once; what takes time is in promises. */
  detect(): DetectedResource;
}

/** What detectors look at; this machine and process, unless given. */
export interface DetectorConfig {
  readonly env?: Environment;
  /** The folder in which `/proc`, `/etc` and so on are looked for. */
  readonly root?: string;
  /** Scheme, host and port of the platform's metadata server. */
  readonly metadataUrl?: string;
}

/** The version of the semantic conventions whose names the detectors use. */
export const SCHEMA_URL = "https://opentelemetry.io/schemas/1.45.0";

/** How long a metadata server may take for one answer: it is on the same machine. */
export const METADATA_TIMEOUT_MS = 1_000;

/** What a detector found; without a schema where it found nothing. */
export function detected(
  attributes: DetectedResourceAttributes | Promise<DetectedResourceAttributes>,
): DetectedResource {
  if (!(attributes instanceof Promise) && Object.keys(attributes).length === 0) return {};
  return { attributes, schemaUrl: SCHEMA_URL };
}
