/**
 * The whole configuration, checked: components by id, each read by its own schema, and the
 * service that joins them. All faults are told at once.
 */
import type { ExtensionFactory } from "../component.ts";
import type { Registry } from "../registry.ts";
import { nearest } from "../schema/nearest.ts";
import { Place, type ConfigProblem } from "../schema/place.ts";
import { recordOf } from "../schema/schema.ts";
import { ConfigError } from "./config-error.ts";
import type { LoadedConfig } from "./load-config.ts";
import { readPipelines, type ConfiguredComponents, type PipelineConfig } from "./pipelines.ts";
import { readComponents, type Configured } from "./read-components.ts";
import { serviceSchema, type ServiceConfig } from "./service-config.ts";

export type { PipelineConfig } from "./pipelines.ts";

export interface CollectorConfig extends ConfiguredComponents {
  readonly extensions: ReadonlyMap<string, Configured<ExtensionFactory<unknown>>>;
  /** In the order in which data passes them. */
  readonly pipelines: readonly PipelineConfig[];
  readonly service: ServiceConfig;
}

const SECTIONS = ["receivers", "processors", "exporters", "connectors", "extensions", "service"];

/** Throws `CONFIG_INVALID`, with every fault. */
export function readConfig(loaded: LoadedConfig, registry: Registry): CollectorConfig {
  const problems: ConfigProblem[] = [];
  const place = new Place("", problems);
  const root = recordOf(loaded.root, place);
  reportUnknownSections(root, place);
  const components: ConfiguredComponents = {
    receivers: readComponents("receivers", registry.receivers, root["receivers"], problems),
    processors: readComponents("processors", registry.processors, root["processors"], problems),
    exporters: readComponents("exporters", registry.exporters, root["exporters"], problems),
    connectors: readComponents("connectors", registry.connectors, root["connectors"], problems),
  };
  const extensions = readComponents("extensions", registry.extensions, root["extensions"], problems);
  const service = serviceSchema.read(root["service"], place.at("service"));
  if (Object.keys(service.pipelines).length === 0 && problems.length === 0) {
    place.at("service").at("pipelines").problem("service must have at least one pipeline");
  }
  const isWritten = (section: string, id: string): boolean =>
    Object.hasOwn(recordOf(root[section], new Place("", [])), id);
  const pipelines = readPipelines(service.pipelines, components, isWritten, problems);
  for (const id of service.extensions) {
    if (!isWritten("extensions", id))
      place
        .at("service")
        .at("extensions")
        .problem(`references extension ${JSON.stringify(id)} which is not configured`, "configure it under extensions");
  }
  if (problems.length > 0) throw new ConfigError(problems, (path) => loaded.positionOf(path), loaded.unsetVariables);
  return { ...components, extensions, service, pipelines };
}

function reportUnknownSections(root: Readonly<Record<string, unknown>>, place: Place): void {
  for (const key of Object.keys(root).filter((one) => !SECTIONS.includes(one))) {
    const near = nearest(key, SECTIONS);
    const remedy = near === undefined ? undefined : `did you mean ${JSON.stringify(near)}?`;
    place.problem(`'' has invalid keys: ${key}`, remedy, key);
  }
}
