import {
  boolean,
  duration,
  field,
  integer,
  oneOf,
  optional,
  section,
  string,
  type Schema,
} from "../../../schema/schema.ts";

export interface RotationConfig {
  readonly max_megabytes: number;
  readonly max_days: number;
  readonly max_backups: number;
  readonly localtime: boolean;
}

interface GroupByConfig {
  readonly enabled: boolean;
  readonly resource_attribute: string;
  readonly max_open_files: number;
}

export interface FileConfig {
  readonly path: string;
  readonly append: boolean;
  readonly rotation: RotationConfig | undefined;
  readonly format: "json" | "proto";
  readonly encoding: string | undefined;
  readonly compression: "" | "zstd";
  readonly flush_interval: number;
  readonly group_by: GroupByConfig;
  readonly create_directory: boolean;
  readonly directory_permissions: string;
}

const rotation: Schema<RotationConfig> = section<RotationConfig>({
  max_megabytes: field(integer(1), 100, "A file that would become larger is renamed, and a new one begun."),
  max_days: field(integer(), 0, "Renamed files older than this are deleted; 0 keeps them whatever their age."),
  max_backups: field(integer(), 100, "As many renamed files are kept, the newest; 0 keeps all."),
  localtime: field(boolean, false, "Whether their names tell the host's own time; UTC otherwise."),
});

const groupBy: Schema<GroupByConfig> = section<GroupByConfig>({
  enabled: field(boolean, false, "Whether there is one file for each value of a resource attribute."),
  resource_attribute: field(
    string,
    "fileexporter.path_segment",
    "The resource attribute whose value stands in `path` for its `*`.",
  ),
  max_open_files: field(integer(1), 100, "Above this, the file that has waited longest is closed until it is needed."),
});

export const schema: Schema<FileConfig> = section<FileConfig>(
  {
    path: field(string, "", "Where to write. Required."),
    append: field(boolean, false, "Whether what is in the file stays; otherwise each start empties it."),
    rotation: field(optional(rotation), undefined, "How the file is rotated; not at all unless this is written."),
    format: field(oneOf("json", "proto"), "json", "OTLP as JSON, a line for each request, or as protobuf."),
    encoding: field(optional(string), undefined, "Refused: there are no encoding extensions."),
    compression: field(oneOf("", "zstd"), "", "How each request is compressed."),
    flush_interval: field(duration, "1s", "Accepted; everything is written before it is answered."),
    group_by: field(groupBy, undefined, "Several files by a resource attribute."),
    create_directory: field(boolean, false, "Whether the directory of the file is made at the start."),
    directory_permissions: field(string, "", "Its permissions in octal, `0755` unless they are given."),
  },
  (config, place) => {
    if (config.path === "") place.at("path").problem("path must be non-empty", "write where the file should be");
    if (config.append && config.compression !== "")
      place.problem("append and compression enabled at the same time is not supported", "take one of them away");
    if (config.append && config.rotation !== undefined)
      place.problem(
        "append and rotation enabled at the same time is not supported",
        "take `append` away: files that are rotated are never emptied",
      );
    if (config.encoding !== undefined)
      place.at("encoding").problem("there are no encoding extensions", "choose by `format`: json or proto");
    if (config.group_by.enabled) {
      const [prefix, ...others] = config.path.split("*");
      if (others.length !== 1) place.at("path").problem("path must contain exactly one * when group_by is enabled");
      if (prefix === "") place.at("path").problem("path must not start with * when group_by is enabled");
      if (config.group_by.resource_attribute === "")
        place.at("group_by").problem("resource_attribute must not be empty when group_by is enabled");
    }
    const permissions = config.directory_permissions;
    if (!config.create_directory && permissions !== "")
      place.at("directory_permissions").problem("directory_permissions requires create_directory to be true");
    else if (permissions !== "" && !/^0?o?[0-7]{1,}$/.test(permissions))
      place.at("directory_permissions").problem("directory_permissions value must be a valid octal representation");
    else if (Number.parseInt(permissions, 8) > 0o777)
      place.at("directory_permissions").problem("directory_permissions contain invalid bits for file access");
  },
);
