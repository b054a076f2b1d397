import { randomUUID } from "node:crypto";
import { type ContextManager, diag, type TextMapPropagator } from "@opentelemetry/api";
import { messageOf } from "@clew/base";
import {
  logRecordProcessorsFromEnvironment,
  metricReadersFromEnvironment,
  spanProcessorsFromEnvironment,
} from "./config/component-factories.ts";
import { configurationFilePath } from "./config/configuration-file-path.ts";
import type { ComponentProviderRegistry } from "./config/file/component-provider.ts";
import { componentsFromFile } from "./config/file/components-from-file.ts";
import type { InstrumentationConfig } from "./config/file/read-instrumentation.ts";
import { startDiagnostics } from "./config/diagnostics.ts";
import { type Environment, readBoolean } from "./config/environment.ts";
import { propagatorFromEnvironment } from "./config/propagator-from-environment.ts";
import { samplerFromEnvironment } from "./config/sampler-from-environment.ts";
import { AsyncLocalStorageContextManager } from "./context/async-local-storage-context-manager.ts";
import { ExitHooks } from "./exit/exit-hooks.ts";
import { drainAll, type LastRequest } from "./exit/last-request.ts";
import type { LogRecordProcessor } from "./logs/log-record-processor.ts";
import { type LogRecordLimits, logRecordLimitsFromEnvironment } from "./logs/log-record-limits.ts";
import { LoggerProvider } from "./logs/logger-provider.ts";
import { MeterProvider } from "./metrics/meter-provider.ts";
import type { IMetricReader } from "./metrics/metric-reader.ts";
import type { ViewOptions } from "./metrics/view.ts";
import { detectResources } from "./resource/detect-resources.ts";
import type { ResourceDetector } from "./resource/detector.ts";
import { EnvDetector } from "./resource/detectors/env-detector.ts";
import { detectorsFromEnvironment } from "./resource/detectors-from-environment.ts";
import { defaultResource, type Resource, resourceFromAttributes } from "./resource/resource.ts";
import {
  registerContextManager,
  registerLoggerProvider,
  registerMeterProvider,
  registerPropagator,
  registerTracerProvider,
} from "./register-globals.ts";
import { observeAll, SdkObserver } from "./self-observability/sdk-observer.ts";
import type { IdGenerator } from "./trace/id-generator.ts";
import type { Sampler } from "./trace/sampler.ts";
import { type SpanLimits, spanLimitsFromEnvironment } from "./trace/span-limits.ts";
import type { SpanProcessor } from "./trace/span-processor.ts";
import { TracerProvider } from "./trace/tracer-provider.ts";

/** An `@opentelemetry/instrumentation-*`, as far as the SDK deals with it. */
export interface Instrumentation {
  setTracerProvider(provider: TracerProvider): void;
  setMeterProvider(provider: MeterProvider): void;
  setLoggerProvider?(provider: LoggerProvider): void;
  /** What a configuration file says of instrumentations; called before `enable`. */
  setDeclarativeConfig?(config: InstrumentationConfig): void;
  enable(): void;
  disable(): void;
}

/**
 * What is not given comes from the environment variables, else from the specification. With `OTEL_CONFIG_FILE`, its
 * file says everything but for context manager and instrumentations.
 */
export interface NodeSDKConfig {
  /** Its attributes win over those of the environment. */
  readonly resource?: Resource;
  readonly serviceName?: string;
  /** Whether to find out what the process runs on. True. */
  readonly autoDetectResources?: boolean;
  /** Those that `OTEL_NODE_RESOURCE_DETECTORS` names, unless given. */
  readonly resourceDetectors?: readonly ResourceDetector[];
  readonly sampler?: Sampler;
  readonly spanProcessors?: readonly SpanProcessor[];
  readonly spanLimits?: Partial<SpanLimits>;
  readonly idGenerator?: IdGenerator;
  readonly metricReaders?: readonly IMetricReader[];
  readonly views?: readonly ViewOptions[];
  readonly logRecordProcessors?: readonly LogRecordProcessor[];
  readonly logRecordLimits?: Partial<LogRecordLimits>;
  readonly textMapPropagator?: TextMapPropagator;
  readonly contextManager?: ContextManager;
  /** For components in the file of `OTEL_CONFIG_FILE` that the SDK does not know. */
  readonly componentProviders?: ComponentProviderRegistry;
  readonly instrumentations?: readonly Instrumentation[];
  /** How much later the process may end so that nothing is lost; 0 leaves its end to the application. 3000 */
  readonly exitTimeoutMillis?: number;
  /** Called when a signal that nobody else handles is about to end the process, of which no `exit` event tells. Must not throw. */
  readonly onSignal?: () => void;
  readonly env?: Environment;
}

const DEFAULT_EXIT_TIMEOUT_MS = 3_000;

/** The whole SDK in one: `start` makes it the one behind `@opentelemetry/api`, `shutdown` sends what is left. */
export class NodeSDK {
  readonly #config: NodeSDKConfig;
  readonly #env: Environment;
  #tracerProvider: TracerProvider | undefined;
  #meterProvider: MeterProvider | undefined;
  #loggerProvider: LoggerProvider | undefined;
  #exitHooks: ExitHooks | undefined;

  constructor(config: NodeSDKConfig = {}) {
    this.#config = config;
    this.#env = config.env ?? process.env;
  }

  /** Never throws. Does nothing when `OTEL_SDK_DISABLED` is true, but for propagation, as the specification has it. */
  start(): void {
    try {
      this.#start();
    } catch (thrown) {
      diag.error(`the OpenTelemetry SDK did not start: ${messageOf(thrown)}`);
    }
  }

  /** Resolves when everything that was recorded before the call has been exported. Never rejects. */
  async forceFlush(): Promise<void> {
    await Promise.all(this.#providers().map((provider) => provider.forceFlush()));
  }

  /** Exports what is left and releases everything. Safe to call twice. Never rejects. */
  async shutdown(): Promise<void> {
    for (const instrumentation of this.#config.instrumentations ?? []) instrumentation.disable();
    await Promise.all(this.#providers().map((provider) => provider.shutdown()));
    this.#exitHooks?.remove();
  }

  #start(): void {
    const path = configurationFilePath(this.#env);
    if (path !== undefined) return this.#startFromFile(path);
    startDiagnostics(this.#env);
    this.#startPropagation(this.#config.textMapPropagator ?? propagatorFromEnvironment(this.#env));
    if (readBoolean(this.#env, "OTEL_SDK_DISABLED") === true) return;
    this.#createProviders();
    this.#startSignals();
  }

  #startSignals(): void {
    this.#observeItself();
    this.#registerProviders();
    this.#startInstrumentations();
    this.#watchExit();
  }

  #watchExit(): void {
    const timeoutMillis = this.#config.exitTimeoutMillis ?? DEFAULT_EXIT_TIMEOUT_MS;
    if (timeoutMillis <= 0) return;
    const drain = (isEnd: boolean, ...providers: (object | undefined)[]): readonly LastRequest[] =>
      drainAll(
        providers.filter((provider) => provider !== undefined),
        isEnd,
      );
    const source = {
      spansAndLogs: { drain: (isEnd: boolean) => drain(isEnd, this.#tracerProvider, this.#loggerProvider) },
      metrics: { drain: (isEnd: boolean) => drain(isEnd, this.#meterProvider) },
      forceFlush: async () => {
        await Promise.all([this.#tracerProvider?.forceFlush(), this.#loggerProvider?.forceFlush()]);
      },
      onSignal: () => this.#config.onSignal?.(),
    };
    this.#exitHooks = new ExitHooks(source, timeoutMillis);
    this.#exitHooks.install();
  }

  /** A file that is not usable leaves everything off. */
  #startFromFile(path: string): void {
    const components = componentsFromFile(path, this.#env, this.#config.componentProviders);
    if (components === undefined) return;
    this.#tracerProvider = components.tracerProvider;
    this.#meterProvider = components.meterProvider;
    this.#loggerProvider = components.loggerProvider;
    this.#startPropagation(components.propagator);
    if (components.isDisabled) return;
    if (components.instrumentation !== undefined) this.#configureInstrumentations(components.instrumentation);
    this.#startSignals();
  }

  #configureInstrumentations(instrumentation: InstrumentationConfig): void {
    const takers = (this.#config.instrumentations ?? []).filter((one) => one.setDeclarativeConfig !== undefined);
    for (const taker of takers) taker.setDeclarativeConfig?.(instrumentation);
    if (takers.length === 0) {
      diag.warn("instrumentation/development has no effect: it is for @clew/instrument, which is not there");
    }
  }

  #startPropagation(propagator: TextMapPropagator): void {
    registerContextManager(this.#config.contextManager ?? new AsyncLocalStorageContextManager());
    registerPropagator(propagator);
  }

  #createProviders(): void {
    const env = this.#env;
    const config = this.#config;
    const resource = resourceOf(config, env);
    this.#tracerProvider = new TracerProvider({
      resource,
      sampler: config.sampler ?? samplerFromEnvironment(env, resource),
      spanProcessors: config.spanProcessors ?? spanProcessorsFromEnvironment(env),
      spanLimits: { ...spanLimitsFromEnvironment(env), ...config.spanLimits },
      ...(config.idGenerator !== undefined && { idGenerator: config.idGenerator }),
    });
    this.#meterProvider = new MeterProvider({
      resource,
      readers: config.metricReaders ?? metricReadersFromEnvironment(env),
      views: config.views ?? [],
      env,
    });
    this.#loggerProvider = new LoggerProvider({
      resource,
      processors: config.logRecordProcessors ?? logRecordProcessorsFromEnvironment(env),
      logRecordLimits: { ...logRecordLimitsFromEnvironment(env), ...config.logRecordLimits },
    });
  }

  #observeItself(): void {
    const [tracers, meters, loggers] = [this.#tracerProvider, this.#meterProvider, this.#loggerProvider];
    if (meters === undefined) return;
    const providers = [tracers, meters, loggers].filter((provider) => provider !== undefined);
    observeAll(providers, new SdkObserver(meters));
  }

  #registerProviders(): void {
    if (this.#tracerProvider !== undefined) registerTracerProvider(this.#tracerProvider);
    if (this.#meterProvider !== undefined) registerMeterProvider(this.#meterProvider);
    if (this.#loggerProvider !== undefined) registerLoggerProvider(this.#loggerProvider);
  }

  #startInstrumentations(): void {
    for (const instrumentation of this.#config.instrumentations ?? []) {
      if (this.#tracerProvider !== undefined) instrumentation.setTracerProvider(this.#tracerProvider);
      if (this.#meterProvider !== undefined) instrumentation.setMeterProvider(this.#meterProvider);
      if (this.#loggerProvider !== undefined) instrumentation.setLoggerProvider?.(this.#loggerProvider);
      instrumentation.enable();
    }
  }

  #providers(): { forceFlush(): Promise<void>; shutdown(): Promise<void> }[] {
    return [this.#tracerProvider, this.#meterProvider, this.#loggerProvider].filter(
      (provider) => provider !== undefined,
    );
  }
}

/** Makes an SDK and starts it. */
export function startSdk(config: NodeSDKConfig = {}): NodeSDK {
  const sdk = new NodeSDK(config);
  sdk.start();
  return sdk;
}

/** From the least to the most particular: defaults, an id for this process, what was detected, environment, code. */
function resourceOf(config: NodeSDKConfig, env: Environment): Resource {
  const { resource, serviceName, autoDetectResources = true } = config;
  const instance = resourceFromAttributes({ "service.instance.id": randomUUID() });
  const named = serviceName === undefined ? null : resourceFromAttributes({ "service.name": serviceName });
  const detectors = autoDetectResources ? (config.resourceDetectors ?? detectorsFromEnvironment(env)) : [];
  return defaultResource()
    .merge(instance)
    .merge(detectResources({ detectors }))
    .merge(detectResources({ detectors: [new EnvDetector({ env })] }))
    .merge(resource ?? null)
    .merge(named);
}
