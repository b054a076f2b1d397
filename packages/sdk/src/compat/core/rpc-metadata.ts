/** What a server instrumentation tells the ones of frameworks, by way of the context. */
import { type Context, createContextKey, type Span } from "@opentelemetry/api";

// The key of the official SDK, so that its instrumentations and ours understand each other.
const RPC_METADATA: symbol = createContextKey("OpenTelemetry SDK Context Key RPC_METADATA");

export const RPCType = { HTTP: "http" } as const;
export type RPCType = (typeof RPCType)[keyof typeof RPCType];

export interface RPCMetadata {
  type: RPCType;
  /** The route that answers, which the framework knows. */
  route?: string;
  span: Span;
}

export function setRPCMetadata(context: Context, metadata: RPCMetadata): Context {
  return context.setValue(RPC_METADATA, metadata);
}

export function deleteRPCMetadata(context: Context): Context {
  return context.deleteValue(RPC_METADATA);
}

export function getRPCMetadata(context: Context): RPCMetadata | undefined {
  return context.getValue(RPC_METADATA) as RPCMetadata | undefined;
}
