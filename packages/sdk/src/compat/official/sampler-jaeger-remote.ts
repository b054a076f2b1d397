/** In the place of `@opentelemetry/sampler-jaeger-remote`. */
export { JaegerRemoteSampler } from "../../trace/sampling/jaeger-remote-sampler.ts";
