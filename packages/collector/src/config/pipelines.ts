/** `service::pipelines`: what each is made of, whether that exists, and in which order data passes them. */
import { SIGNALS, type Signal } from "@clew/otlp";
import type {
  ComponentFactory,
  ConnectorFactory,
  ExporterFactory,
  ProcessorFactory,
  ReceiverFactory,
} from "../component.ts";
import { nearest } from "../schema/nearest.ts";
import { Place, type ConfigProblem } from "../schema/place.ts";
import type { Configured } from "./read-components.ts";
import type { PipelineSection } from "./service-config.ts";

export interface PipelineConfig {
  /** `signal` or `signal/name`. */
  readonly id: string;
  readonly signal: Signal;
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
}

export interface ConfiguredComponents {
  readonly receivers: ReadonlyMap<string, Configured<ReceiverFactory<unknown>>>;
  readonly processors: ReadonlyMap<string, Configured<ProcessorFactory<unknown>>>;
  readonly exporters: ReadonlyMap<string, Configured<ExporterFactory<unknown>>>;
  readonly connectors: ReadonlyMap<string, Configured<ConnectorFactory<unknown>>>;
}

/** Whether a section has an id, though it may have a fault, which was told where it stands. */
export type IsWritten = (section: keyof ConfiguredComponents, id: string) => boolean;

const KINDS = ["receivers", "processors", "exporters"] as const;

/** In the order in which data passes them: a pipeline stands before those that its connectors feed. */
export function readPipelines(
  sections: Readonly<Record<string, PipelineSection>>,
  components: ConfiguredComponents,
  isWritten: IsWritten,
  problems: ConfigProblem[],
): readonly PipelineConfig[] {
  const pipelines: PipelineConfig[] = [];
  for (const [id, section] of Object.entries(sections)) {
    const place = new Place(`service::pipelines::${id}`, problems);
    const name = id.split("/", 1)[0] ?? "";
    const signal = SIGNALS.find((one) => one === name);
    if (signal === undefined) {
      place.problem(`unknown pipeline signal: ${JSON.stringify(name)}`, `start its id with ${SIGNALS.join(", ")}`);
      continue;
    }
    if (section.receivers.length === 0) place.problem("must have at least one receiver");
    if (section.exporters.length === 0) place.problem("must have at least one exporter");
    pipelines.push({ id, signal, ...section });
  }
  for (const pipeline of pipelines) checkReferences(pipeline, components, isWritten, problems);
  checkConnectors(pipelines, components, problems);
  return inOrder(pipelines, components, problems);
}

function checkReferences(
  pipeline: PipelineConfig,
  components: ConfiguredComponents,
  isWritten: IsWritten,
  problems: ConfigProblem[],
): void {
  for (const kind of KINDS) {
    const place = new Place(`service::pipelines::${pipeline.id}`, problems);
    const isEnd = kind !== "processors";
    const seen = new Set<string>();
    for (const id of pipeline[kind]) {
      if (seen.has(id)) place.problem(`references ${kind.slice(0, -1)} ${JSON.stringify(id)} multiple times`);
      seen.add(id);
      // What has a fault was told where it stands: here it would only be told again.
      const isTold = !components[kind].has(id) && (isWritten(kind, id) || (isEnd && isWritten("connectors", id)));
      if (!isTold) checkReference(kind, id, components, pipeline.signal, place);
    }
  }
}

function checkReference(
  kind: (typeof KINDS)[number],
  id: string,
  components: ConfiguredComponents,
  signal: Signal,
  place: Place,
): void {
  const configured: ReadonlyMap<string, Configured<ComponentFactory<unknown>>> = components[kind];
  const found = configured.get(id);
  const name = `${kind.slice(0, -1)} ${JSON.stringify(id)}`;
  if (found === undefined) {
    const near = nearest(id, [...configured.keys()]);
    const remedy = near === undefined ? `configure it under ${kind}` : `did you mean ${JSON.stringify(near)}?`;
    place.problem(`references ${name} which is not configured`, remedy);
  } else if ((found.factory.stability as Partial<Record<Signal, unknown>>)[signal] === undefined) {
    place.problem(`${name} does not support ${signal}`, `name another ${kind.slice(0, -1)}`);
  }
}

/** A connector must have a pipeline on each end, of signals between which it can go. */
function checkConnectors(
  pipelines: readonly PipelineConfig[],
  { receivers, exporters, connectors }: ConfiguredComponents,
  problems: ConfigProblem[],
): void {
  for (const [id, { factory }] of connectors) {
    const place = new Place(`connectors::${id}`, problems);
    for (const [kind, other] of [
      ["receiver", receivers],
      ["exporter", exporters],
    ] as const) {
      if (other.has(id)) place.problem(...ambiguous(id, kind));
    }
    const into = pipelines.filter((one) => one.exporters.includes(id));
    const outOf = pipelines.filter((one) => one.receivers.includes(id));
    const goes = (from: Signal, to: Signal): boolean => factory.stability[from]?.[to] !== undefined;
    const name = JSON.stringify(id);
    for (const { id: pipeline, signal } of into) {
      if (!outOf.some((one) => goes(signal, one.signal)))
        place.problem(
          `connector ${name} used as exporter in [${pipeline}] pipeline but not used in any supported receiver pipeline`,
        );
    }
    for (const { id: pipeline, signal } of outOf) {
      if (!into.some((one) => goes(one.signal, signal)))
        place.problem(
          `connector ${name} used as receiver in [${pipeline}] pipeline but not used in any supported exporter pipeline`,
        );
    }
  }
}

function ambiguous(id: string, kind: string): [string, string] {
  const name = JSON.stringify(id);
  const renamed = JSON.stringify(`${id}/connector`);
  return [
    `ambiguous ID: Found both ${name} ${kind} and ${name} connector. Change one of the components' IDs to eliminate ambiguity (e.g. rename ${name} connector to ${renamed})`,
    `write ${renamed}`,
  ];
}

function inOrder(
  pipelines: readonly PipelineConfig[],
  { connectors }: ConfiguredComponents,
  problems: ConfigProblem[],
): PipelineConfig[] {
  const ordered: PipelineConfig[] = [];
  const path: string[] = [];
  const visit = (pipeline: PipelineConfig): void => {
    if (ordered.includes(pipeline)) return;
    const step = `pipeline ${JSON.stringify(pipeline.id)}`;
    if (path.includes(step)) {
      const cycle = [...path.slice(path.indexOf(step)), step].join(" -> ");
      new Place("service::pipelines", problems).problem(`cycle detected: ${cycle}`, "take one of the connectors out");
      return;
    }
    for (const id of pipeline.exporters) {
      const from = connectors.get(id)?.factory.stability[pipeline.signal];
      if (from === undefined) continue;
      path.push(step, `connector ${JSON.stringify(id)}`);
      for (const fed of pipelines) if (fed.receivers.includes(id) && from[fed.signal] !== undefined) visit(fed);
      path.length -= 2;
    }
    ordered.unshift(pipeline);
  };
  for (const pipeline of [...pipelines].reverse()) visit(pipeline);
  return ordered;
}
