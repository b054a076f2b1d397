/** In the place of `@opentelemetry/sdk-node`. */
export * as api from "@opentelemetry/api";
export * as contextBase from "@opentelemetry/api";
export { NodeSDK, type NodeSDKConfiguration } from "../node-sdk.ts";
export { type SDKOptions, startNodeSDK } from "../start-node-sdk.ts";
export * as core from "./core.ts";
export * as resources from "./resources.ts";
export * as logs from "./sdk-logs.ts";
export * as metrics from "./sdk-metrics.ts";
export * as tracing from "./sdk-trace-base.ts";
export * as node from "./sdk-trace-node.ts";
