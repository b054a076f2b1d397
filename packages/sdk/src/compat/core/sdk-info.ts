import { VERSION } from "../../version.ts";

/** What every resource says of this SDK. */
export const SDK_INFO: Readonly<Record<string, string>> = {
  "telemetry.sdk.name": "clew",
  "process.runtime.name": "node",
  "telemetry.sdk.language": "nodejs",
  "telemetry.sdk.version": VERSION,
};
// oxlint-disable-next-line no-underscore-dangle -- the official name
export const _globalThis: typeof globalThis = globalThis;
export const otperformance: { now(): number; readonly timeOrigin: number } = performance;
