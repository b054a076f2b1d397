import { NodeSDK, type NodeSDKConfiguration } from "./node-sdk.ts";

export type SDKOptions = Pick<NodeSDKConfiguration, "instrumentations" | "textMapPropagator">;

/** Starts the SDK as the environment variables, or the file of `OTEL_CONFIG_FILE`, say. */
export function startNodeSDK(options: SDKOptions = {}): { shutdown(): Promise<void> } {
  const sdk = new NodeSDK(options);
  sdk.start();
  return { shutdown: () => sdk.shutdown() };
}
