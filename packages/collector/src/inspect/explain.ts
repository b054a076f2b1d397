/** The pipelines of a configuration as a drawing, with what a second pair of eyes would notice. */
import type { CollectorConfig, PipelineConfig } from "../config/collector-config.ts";

/** Text for a terminal, pipelines in the order in which data passes them. */
export function explainConfig(config: CollectorConfig): string {
  const pipelines = config.pipelines.map((pipeline) => `${pipeline.id}\n${drawn(pipeline, config).join("\n")}\n`);
  const notes = notesOf(config).map((note) => `  ${note}\n`);
  return pipelines.join("\n") + (notes.length === 0 ? "" : `\nNotes\n${notes.join("")}`);
}

/** Receivers on the left, processors in a line, exporters on the right. */
function drawn(pipeline: PipelineConfig, config: CollectorConfig): string[] {
  const sources = pipeline.receivers.map((id) => (config.connectors.has(id) ? `connector ${id}` : id));
  const targets = pipeline.exporters.map((id) => targetText(id, pipeline, config));
  const width = Math.max(...sources.map((one) => one.length));
  const middle = pipeline.processors.map((id) => `► ${id} ─`).join("");
  const rows = Math.max(sources.length, targets.length);
  return Array.from({ length: rows }, (_unused, row) => {
    const left = sources[row];
    const source = left === undefined ? " ".repeat(width + 3) : `${left.padEnd(width)} ─${join(row, sources.length)}`;
    const between = row === 0 ? middle : " ".repeat(middle.length);
    const right = targets[row];
    return `  ${source}${between}${right === undefined ? "" : `${split(row, targets.length)}► ${right}`}`.trimEnd();
  });
}

function join(row: number, count: number): string {
  if (count === 1) return "─";
  return row === 0 ? "┬" : row === count - 1 ? "┘" : "┤";
}

function split(row: number, count: number): string {
  if (count === 1) return "─";
  return row === 0 ? "┬" : row === count - 1 ? "└" : "├";
}

function targetText(id: string, { signal }: PipelineConfig, { connectors, pipelines }: CollectorConfig): string {
  const goesTo = connectors.get(id)?.factory.stability[signal];
  if (goesTo === undefined) return id;
  const fed = pipelines.filter((one) => one.receivers.includes(id) && goesTo[one.signal] !== undefined);
  return `connector ${id} → ${fed.map((one) => one.id).join(", ")}`;
}

function notesOf(config: CollectorConfig): string[] {
  const notes: string[] = [];
  for (const kind of ["receivers", "processors", "exporters", "connectors"] as const) {
    for (const id of config[kind].keys()) {
      const isUsed = config.pipelines.some((one) =>
        [...one.receivers, ...one.processors, ...one.exporters].includes(id),
      );
      if (!isUsed) notes.push(`${kind}::${id} is configured and used by no pipeline`);
    }
  }
  for (const id of config.extensions.keys())
    if (!config.service.extensions.includes(id))
      notes.push(`extensions::${id} is configured and not named in service::extensions`);
  return [...notes, ...config.pipelines.flatMap((pipeline) => pipelineNotes(pipeline, config))];
}

/** What drops data should come before what gathers it, and what refuses it before everything. */
const DROPPING: ReadonlySet<string> = new Set(["filter", "probabilistic_sampler", "tail_sampling"]);

function pipelineNotes({ id, receivers, processors }: PipelineConfig, { connectors }: CollectorConfig): string[] {
  const types = processors.map((one) => one.split("/", 1)[0] ?? "");
  const notes: string[] = [];
  const limiter = types.indexOf("memory_limiter");
  if (limiter > 0)
    notes.push(`${id}: memory_limiter should be the first processor, so that it refuses before work is done`);
  if (limiter < 0 && receivers.some((receiver) => !connectors.has(receiver)))
    notes.push(`${id}: without a memory_limiter, a burst may take all memory`);
  const batch = types.indexOf("batch");
  const dropping = types.findLastIndex((type) => DROPPING.has(type));
  if (batch >= 0 && batch < dropping)
    notes.push(`${id}: batch stands before ${types[dropping]}, which will leave small batches; put it last`);
  return notes;
}
