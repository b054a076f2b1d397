/** The SDKs that are compared, each behind the same few functions. Their packages are loaded by the process that uses them. */
const RESOURCE = { "service.name": "bench", "service.version": "1.0.0", "host.name": "h", "process.pid": process.pid };
const NOTHING = { onStart() {}, onEnd() {}, forceFlush: async () => {}, shutdown: async () => {} };

/**
 * `tracer(mode, sink)` and `logger(mode, sink)` resolve to {tracer or logger, settled, flush}: `mode` is `off` (sampled
 * out), `record` (no processor to speak of), `http`, `json` or `grpc`; `settled(made, left)` resolves once
 * all but `left` of what was made have been sent.
 */
export const SDKS = {
  async clew() {
    const sdk = await import("../packages/sdk/dist/index.js");
    const { context } = await import("@opentelemetry/api");
    context.setGlobalContextManager(new sdk.AsyncLocalStorageContextManager());
    const resource = sdk.resourceFromAttributes(RESOURCE);
    const config = (mode, sink, path) => ({
      protocol: { grpc: "grpc", json: "http/json" }[mode] ?? "http/protobuf",
      url: mode === "grpc" ? sink.grpc : `${sink.http}${path}`,
    });
    return {
      tracer(mode, sink) {
        const sampler = mode === "off" ? new sdk.AlwaysOffSampler() : new sdk.AlwaysOnSampler();
        if (mode === "off" || mode === "record") {
          const provider = new sdk.TracerProvider({ resource, sampler, spanProcessors: [NOTHING] });
          return { tracer: provider.getTracer("bench", "1.0.0") };
        }
        const exporter = new sdk.OTLPTraceExporter(config(mode, sink, "/v1/traces"));
        const settled = settledOf(exporter);
        const spanProcessors = [new sdk.BatchSpanProcessor(exporter)];
        const provider = new sdk.TracerProvider({ resource, sampler, spanProcessors });
        return { tracer: provider.getTracer("bench", "1.0.0"), settled, flush: () => provider.forceFlush() };
      },
      logger(mode, sink) {
        const exporter = new sdk.OTLPLogExporter(config(mode, sink, "/v1/logs"));
        const settled = settledOf(exporter);
        const processors = [new sdk.BatchLogRecordProcessor(exporter)];
        const provider = new sdk.LoggerProvider({ resource, processors });
        return { logger: provider.getLogger("bench", "1.0.0"), settled, flush: () => provider.forceFlush() };
      },
    };
  },

  async official() {
    const { context } = await import("@opentelemetry/api");
    const { AsyncLocalStorageContextManager } = await import("@opentelemetry/context-async-hooks");
    const { resourceFromAttributes } = await import("@opentelemetry/resources");
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const resource = resourceFromAttributes(RESOURCE);
    const kindOf = (mode) => ({ http: "proto", json: "http", grpc: "grpc" })[mode];
    const urlOf = (mode, sink, path) => (mode === "grpc" ? sink.grpc : `${sink.http}${path}`);
    return {
      async tracer(mode, sink) {
        const trace = await import("@opentelemetry/sdk-trace-base");
        const sampler = mode === "off" ? new trace.AlwaysOffSampler() : new trace.AlwaysOnSampler();
        if (kindOf(mode) === undefined) {
          const provider = new trace.BasicTracerProvider({ resource, sampler, spanProcessors: [NOTHING] });
          return { tracer: provider.getTracer("bench", "1.0.0") };
        }
        const { OTLPTraceExporter } = await import(`@opentelemetry/exporter-trace-otlp-${kindOf(mode)}`);
        const exporter = new OTLPTraceExporter({ url: urlOf(mode, sink, "/v1/traces") });
        const settled = settledOf(exporter);
        const processor = new trace.BatchSpanProcessor(exporter);
        const provider = new trace.BasicTracerProvider({ resource, sampler, spanProcessors: [processor] });
        return { tracer: provider.getTracer("bench", "1.0.0"), settled, flush: () => provider.forceFlush() };
      },
      async logger(mode, sink) {
        const logs = await import("@opentelemetry/sdk-logs");
        const { OTLPLogExporter } = await import(`@opentelemetry/exporter-logs-otlp-${kindOf(mode)}`);
        const exporter = new OTLPLogExporter({ url: urlOf(mode, sink, "/v1/logs") });
        const settled = settledOf(exporter);
        const processors = [new logs.BatchLogRecordProcessor({ exporter })];
        const provider = new logs.LoggerProvider({ resource, processors });
        return { logger: provider.getLogger("bench", "1.0.0"), settled, flush: () => provider.forceFlush() };
      },
    };
  },
};

/** Counts what an exporter has sent. `settled(n)` resolves once all but `n` of what was made have been. */
function settledOf(exporter) {
  let sent = 0;
  let wanted = 0;
  let settle = () => {};
  const count = (items) => {
    sent += items;
    if (sent >= wanted) settle();
  };
  if ("exportBatch" in exporter) {
    const send = exporter.exportBatch.bind(exporter);
    exporter.exportBatch = (batch) => {
      const items = batch.count;
      const result = send(batch);
      void result.then(() => count(items));
      return result;
    };
  } else {
    const send = exporter.export.bind(exporter);
    exporter.export = (items, resultCallback) =>
      send(items, (result) => {
        resultCallback(result);
        count(items.length);
      });
  }
  return (made, left) => {
    wanted = made - left;
    return sent >= wanted ? undefined : new Promise((resolve) => (settle = resolve));
  };
}
