/**
 * The whole configuration, checked: components by id, each read by its own schema, and the
 * service that joins them. All faults are told at once.
 */
import { SIGNALS, type Signal } from "@clew/otlp";
import type {
  ComponentFactory,
  ExporterFactory,
  ExtensionFactory,
  ProcessorFactory,
  ReceiverFactory,
} from "../component.ts";
import type { Registry } from "../registry.ts";
import { nearest } from "../schema/nearest.ts";
import { Place, type ConfigProblem } from "../schema/place.ts";
import { recordOf } from "../schema/schema.ts";
import { ConfigError } from "./config-error.ts";
import type { LoadedConfig } from "./load-config.ts";
import { serviceSchema, type ServiceConfig } from "./service-config.ts";

interface Configured<Factory> {
  readonly id: string;
  readonly factory: Factory;
  readonly config: unknown;
  /** What the user should know, such as that the type is an alias. */
  readonly warning?: string;
}

export interface PipelineConfig {
  /** `signal` or `signal/name`. */
  readonly id: string;
  readonly signal: Signal;
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
}

export interface CollectorConfig {
  readonly receivers: ReadonlyMap<string, Configured<ReceiverFactory<unknown>>>;
  readonly processors: ReadonlyMap<string, Configured<ProcessorFactory<unknown>>>;
  readonly exporters: ReadonlyMap<string, Configured<ExporterFactory<unknown>>>;
  readonly extensions: ReadonlyMap<string, Configured<ExtensionFactory<unknown>>>;
  readonly pipelines: readonly PipelineConfig[];
  readonly service: ServiceConfig;
}

const SECTIONS = ["receivers", "processors", "exporters", "connectors", "extensions", "service"];

/** Throws `CONFIG_INVALID`, with every fault. */
export function readConfig(loaded: LoadedConfig, registry: Registry): CollectorConfig {
  const problems: ConfigProblem[] = [];
  const place = new Place("", problems);
  const root = recordOf(loaded.root, place);
  const unknown = Object.keys(root).filter((key) => !SECTIONS.includes(key));
  for (const key of unknown) {
    const near = nearest(key, SECTIONS);
    place.problem(
      `'' has invalid keys: ${key}`,
      near === undefined ? undefined : `did you mean ${JSON.stringify(near)}?`,
    );
  }
  const config: CollectorConfig = {
    receivers: readComponents("receivers", registry.receivers, root["receivers"], problems),
    processors: readComponents("processors", registry.processors, root["processors"], problems),
    exporters: readComponents("exporters", registry.exporters, root["exporters"], problems),
    extensions: readComponents("extensions", registry.extensions, root["extensions"], problems),
    service: serviceSchema.read(root["service"], place.at("service")),
    pipelines: [],
  };
  readComponents("connectors", [], root["connectors"], problems);
  const pipelines = readPipelines(config, problems);
  checkReferences({ ...config, pipelines }, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return { ...config, pipelines };
}

function readComponents<Factory extends ComponentFactory<unknown>>(
  section: string,
  factories: readonly Factory[],
  raw: unknown,
  problems: ConfigProblem[],
): Map<string, Configured<Factory>> {
  const place = new Place(section, problems);
  const configured = new Map<string, Configured<Factory>>();
  for (const [id, value] of Object.entries(recordOf(raw, place))) {
    const type = id.split("/", 1)[0] ?? "";
    const factory = factories.find((one) => one.type === type || one.alias === type);
    if (factory === undefined) {
      const types = factories.flatMap((one) => (one.alias === undefined ? [one.type] : [one.type, one.alias]));
      const near = nearest(type, types);
      const remedy = near === undefined ? undefined : `did you mean ${JSON.stringify(near)}?`;
      place.problem(
        `unknown type: ${JSON.stringify(type)} for id: ${JSON.stringify(id)} (valid values: [${types.join(" ")}])`,
        remedy,
      );
      continue;
    }
    const config = factory.schema.read(value, new Place(`${section}::${id}`, problems));
    const warning = `${JSON.stringify(type)} alias is deprecated; use ${JSON.stringify(factory.type)} instead`;
    configured.set(id, { id, factory, config, ...(type === factory.type ? {} : { warning }) });
  }
  return configured;
}

function readPipelines(config: CollectorConfig, problems: ConfigProblem[]): PipelineConfig[] {
  const pipelines: PipelineConfig[] = [];
  for (const [id, { receivers, processors, exporters }] of Object.entries(config.service.pipelines)) {
    const place = new Place(`service::pipelines::${id}`, problems);
    const signal = SIGNALS.find((one) => one === id.split("/", 1)[0]);
    if (signal === undefined) {
      place.problem(
        `unknown pipeline signal: ${JSON.stringify(id.split("/", 1)[0])}`,
        `start its id with ${SIGNALS.join(", ")}`,
      );
      continue;
    }
    if (receivers.length === 0) place.problem("must have at least one receiver");
    if (exporters.length === 0) place.problem("must have at least one exporter");
    pipelines.push({ id, signal, receivers, processors, exporters });
  }
  if (pipelines.length === 0 && problems.length === 0) {
    new Place("service::pipelines", problems).problem("service must have at least one pipeline");
  }
  return pipelines;
}

function checkReferences(config: CollectorConfig, problems: ConfigProblem[]): void {
  const kinds = ["receivers", "processors", "exporters"] as const;
  for (const pipeline of config.pipelines) {
    const place = new Place(`service::pipelines::${pipeline.id}`, problems);
    for (const kind of kinds) {
      const seen = new Set<string>();
      for (const id of pipeline[kind]) {
        if (seen.has(id)) place.problem(`references ${kind.slice(0, -1)} ${JSON.stringify(id)} multiple times`);
        seen.add(id);
        checkReference(kind, id, config[kind], pipeline.signal, place);
      }
    }
  }
  for (const id of config.service.extensions) {
    if (!config.extensions.has(id)) {
      new Place("service::extensions", problems).problem(
        `references extension ${JSON.stringify(id)} which is not configured`,
      );
    }
  }
}

function checkReference(
  kind: string,
  id: string,
  configured: ReadonlyMap<string, Configured<ComponentFactory<unknown>>>,
  signal: Signal,
  place: Place,
): void {
  const found = configured.get(id);
  const name = `${kind.slice(0, -1)} ${JSON.stringify(id)}`;
  if (found === undefined) {
    const near = nearest(id, [...configured.keys()]);
    const remedy = near === undefined ? `configure it under ${kind}` : `did you mean ${JSON.stringify(near)}?`;
    place.problem(`references ${name} which is not configured`, remedy);
  } else if (found.factory.stability[signal] === undefined) {
    place.problem(`${name} does not support ${signal}`, `name another ${kind.slice(0, -1)}`);
  }
}
