/** In the place of `@opentelemetry/sdk-trace-node`. */
export { type TracerConfig as NodeTracerConfig } from "../basic-tracer-provider.ts";
export { NodeTracerProvider } from "../node-tracer-provider.ts";
export * from "./sdk-trace-base.ts";
