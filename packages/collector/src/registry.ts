/** Every component there is, one line each. */
import type {
  ConnectorFactory,
  ExporterFactory,
  ExtensionFactory,
  ProcessorFactory,
  ReceiverFactory,
} from "./component.ts";
import { countConnector } from "./components/connectors/count/factory.ts";
import { forwardConnector } from "./components/connectors/forward/factory.ts";
import { routingConnector } from "./components/connectors/routing/factory.ts";
import { servicegraphConnector } from "./components/connectors/servicegraph/factory.ts";
import { spanmetricsConnector } from "./components/connectors/span-metrics/factory.ts";
import { basicauthExtension } from "./components/extensions/basicauth/factory.ts";
import { bearertokenauthExtension } from "./components/extensions/bearertokenauth/factory.ts";
import { healthCheckExtension } from "./components/extensions/health-check/factory.ts";
import { pprofExtension } from "./components/extensions/pprof/factory.ts";
import { zpagesExtension } from "./components/extensions/zpages/factory.ts";
import { fileStorageExtension } from "./components/extensions/file-storage/factory.ts";
import { otlpReceiver } from "./components/receivers/otlp/factory.ts";
import { fileLogReceiver } from "./components/receivers/file-log/factory.ts";
import { hostMetricsReceiver } from "./components/receivers/host-metrics/factory.ts";
import { jaegerReceiver } from "./components/receivers/jaeger/factory.ts";
import { prometheusReceiver } from "./components/receivers/prometheus/factory.ts";
import { ScrapedTargets } from "./components/receivers/prometheus/scraped-targets.ts";
import { zipkinReceiver } from "./components/receivers/zipkin/factory.ts";
import { batchProcessor } from "./components/processors/batch/factory.ts";
import { cumulativeToDeltaProcessor } from "./components/processors/cumulative-to-delta/factory.ts";
import { deltaToCumulativeProcessor } from "./components/processors/delta-to-cumulative/factory.ts";
import { groupByTraceProcessor } from "./components/processors/groupbytrace/factory.ts";
import { memoryLimiterProcessor } from "./components/processors/memory-limiter/factory.ts";
import { probabilisticSamplerProcessor } from "./components/processors/probabilistic-sampler/factory.ts";
import { redactionProcessor } from "./components/processors/redaction/factory.ts";
import { resourceDetectionProcessor } from "./components/processors/resource-detection/factory.ts";
import { resourceProcessor } from "./components/processors/resource/factory.ts";
import { attributesProcessor } from "./components/processors/attributes/factory.ts";
import { filterProcessor } from "./components/processors/filter/factory.ts";
import { tailSamplingProcessor } from "./components/processors/tail-sampling/factory.ts";
import { transformProcessor } from "./components/processors/transform/factory.ts";
import { otlpGrpcExporter } from "./components/exporters/otlp-grpc/factory.ts";
import { otlpHttpExporter } from "./components/exporters/otlp-http/factory.ts";
import { prometheusExporter } from "./components/exporters/prometheus/factory.ts";
import { prometheusRemoteWriteExporter } from "./components/exporters/prometheus-remote-write/factory.ts";
import { debugExporter } from "./components/exporters/debug/factory.ts";
import { fileExporter } from "./components/exporters/file/factory.ts";
import { loadBalancingExporter } from "./components/exporters/load-balancing/factory.ts";
import { nopExporter } from "./components/exporters/nop/factory.ts";

/** The components that a configuration may name. */
export interface Registry {
  readonly receivers: readonly ReceiverFactory<unknown>[];
  readonly processors: readonly ProcessorFactory<unknown>[];
  readonly exporters: readonly ExporterFactory<unknown>[];
  readonly connectors: readonly ConnectorFactory<unknown>[];
  readonly extensions: readonly ExtensionFactory<unknown>[];
}

/**
 * All that come with the collector. Programs add their own: `{ ...all, exporters: [...all.exporters, mine] }`. `targets` then shows
 * what is scraped.
 */
export function builtinComponents(targets: ScrapedTargets = new ScrapedTargets()): Registry {
  return {
    receivers: [
      otlpReceiver,
      prometheusReceiver(targets),
      fileLogReceiver,
      hostMetricsReceiver,
      jaegerReceiver,
      zipkinReceiver,
    ],
    processors: [
      attributesProcessor,
      batchProcessor,
      cumulativeToDeltaProcessor,
      deltaToCumulativeProcessor,
      filterProcessor,
      groupByTraceProcessor,
      memoryLimiterProcessor,
      probabilisticSamplerProcessor,
      redactionProcessor,
      resourceDetectionProcessor,
      resourceProcessor,
      tailSamplingProcessor,
      transformProcessor,
    ],
    exporters: [
      debugExporter,
      fileExporter,
      loadBalancingExporter,
      nopExporter,
      otlpGrpcExporter,
      otlpHttpExporter,
      prometheusExporter,
      prometheusRemoteWriteExporter,
    ],
    connectors: [countConnector, forwardConnector, routingConnector, servicegraphConnector, spanmetricsConnector],
    extensions: [
      basicauthExtension,
      bearertokenauthExtension,
      fileStorageExtension,
      healthCheckExtension,
      pprofExtension,
      zpagesExtension,
    ],
  };
}
