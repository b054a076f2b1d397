/** Logs of containers, as Docker, containerd and CRI-O write them to files. */
import { boolean, field, oneOf, optional, section } from "../../../../schema/schema.ts";
import { byteSize } from "../byte-size.ts";
import type { Entry } from "../entry.ts";
import { entryExpression } from "../expression-value.ts";
import { parseField, setOwn } from "../field.ts";
import { guarded, type OperatorTools, type OperatorType } from "./operator.ts";
import { parserFields, parsing, type ParserConfig } from "./parser.ts";
import { recombine, Recombining } from "./recombine.ts";
import { Place } from "../../../../schema/place.ts";
import { timeSetter } from "./time-parser.ts";

type Format = "docker" | "crio" | "containerd";

interface ContainerConfig extends ParserConfig {
  readonly format: Format | undefined;
  readonly add_metadata_from_filepath: boolean;
  readonly max_log_size: number;
}

const CRI = /^(\S+) (stdout|stderr) ([^ ]*)(?: ([\s\S]*))?$/;
const POD_PATH = /^.*[/\\]([^_/\\]+)_([^_/\\]+)_([a-f0-9-]+)[/\\]([^._/\\]+|[^/\\]+)[/\\](\d+)\.log(?:\.\d{8}-\d{6})?$/;
const POD_ATTRIBUTES = [
  "k8s.namespace.name",
  "k8s.pod.name",
  "k8s.pod.uid",
  "k8s.container.name",
  "k8s.container.restart_count",
];

export const container: OperatorType<ContainerConfig> = {
  type: "container",
  schema: section<ContainerConfig>({
    ...parserFields,
    format: field(
      optional(oneOf("docker", "crio", "containerd")),
      undefined,
      "Who wrote it; by default that is found out.",
    ),
    add_metadata_from_filepath: field(boolean, true, "Whether the file's path tells pod and container."),
    max_log_size: field(byteSize, "1MiB", "A line that was split is put together up to here; 0 is no limit."),
  }),
  create(config, tools) {
    const joining = joiningOperator(config, tools);
    const read = reading(config, tools);
    const parse = guarded(config, tools, (entry, emit) => {
      if (read(entry) === "docker") emit(entry);
      else joining.process(entry, emit);
    });
    return {
      process: (entry, emit) => parse.process(entry, emit),
      held: () => joining.held(),
      flush: (emit, isEnd) => joining.flush(emit, isEnd),
    };
  },
};

/** Container runtimes split long lines, and mark all parts but the last with `P`. */
function joiningOperator(config: ContainerConfig, tools: OperatorTools): Recombining {
  const defaults = recombine.schema.read({ type: "recombine", combine_field: "body" }, new Place("", []));
  return new Recombining(
    {
      ...defaults,
      id: config.id ?? config.type,
      is_last_entry: entryExpression("attributes.logtag == 'F'"),
      combine_with: "",
      max_log_size: config.max_log_size,
      max_batch_size: 0,
      max_unmatched_batch_size: 0,
    },
    tools,
  );
}

/** Reads an entry in place, and tells its format. */
function reading(config: ContainerConfig, tools: OperatorTools): (entry: Entry) => Format {
  const setTime = timeSetter(
    {
      parse_from: parseField("attributes.time")!,
      layout: "2006-01-02T15:04:05.999Z07:00",
      layout_type: "gotime",
      location: "UTC",
      time_zone_locations: {},
    },
    () => tools.clock.nowMs(),
  );
  const parse = parsing(config, tools, (value) => {
    if (typeof value !== "string") throw new TypeError("entry cannot be parsed as container logs");
    return (config.format ?? formatOf(value)) === "docker" ? (JSON.parse(value) as Record<string, string>) : cri(value);
  });
  return (entry) => {
    const text = config.parse_from.get(entry);
    const format = config.format ?? formatOf(typeof text === "string" ? text : "");
    parse(entry);
    setTime(entry);
    delete entry.attributes["time"];
    moveOut(entry, "log", (value) => (entry.body = value));
    moveOut(entry, "stream", (value) => setOwn(entry.attributes, "log.iostream", value));
    if (config.add_metadata_from_filepath) addPod(entry, config.id ?? config.type);
    return format;
  };
}

function formatOf(text: string): Format {
  if (text.startsWith("{")) return "docker";
  const time = CRI.exec(text)?.[1];
  if (time === undefined) throw new TypeError("failed to detect a valid container log format");
  return /^[^ Z]+(?:Z|[+-]\d\d:\d\d)$/.test(time) ? "containerd" : "crio";
}

function cri(text: string): Record<string, string> {
  const match = CRI.exec(text);
  if (match === null) throw new TypeError("could not parse containerd fields");
  const [, time = "", stream = "", logtag = "", log = ""] = match;
  return { time, stream, logtag, log };
}

function moveOut(entry: Entry, key: string, to: (value: Entry["body"]) => void): void {
  const value = entry.attributes[key];
  if (value === undefined) throw new TypeError(`move: field ${key} does not exist`);
  delete entry.attributes[key];
  to(value);
}

function addPod(entry: Entry, operatorId: string): void {
  const path = entry.attributes["log.file.path"];
  if (typeof path !== "string") {
    throw new TypeError(
      `operator '${operatorId}' has 'add_metadata_from_filepath' enabled, but the log record attribute 'log.file.path' is missing. Perhaps enable the 'include_file_path' option?`,
    );
  }
  const match = POD_PATH.exec(path);
  if (match === null) throw new TypeError("failed to detect a valid log path");
  for (const [i, attribute] of POD_ATTRIBUTES.entries()) entry.resource[attribute] = match[i + 1];
}
