import { boolean, duration, field, integer, section, string, type Schema } from "../../../schema/schema.ts";

interface CompactionConfig {
  readonly on_start: boolean;
  readonly on_rebound: boolean;
  readonly directory: string;
  readonly rebound_needed_threshold_mib: number;
  readonly rebound_trigger_threshold_mib: number;
  readonly max_transaction_size: number;
  readonly check_interval: number;
  readonly cleanup_on_start: boolean;
}

export interface FileStorageConfig {
  readonly directory: string;
  readonly timeout: number;
  readonly fsync: boolean;
  readonly create_directory: boolean;
  readonly directory_permissions: string;
  readonly recreate: boolean;
  readonly compaction: CompactionConfig;
}

const compaction: Schema<CompactionConfig> = section<CompactionConfig>({
  on_start: field(boolean, false, "Accepted; files are always kept compact."),
  on_rebound: field(boolean, false, "Accepted; files are always kept compact."),
  directory: field(string, "", "Accepted; nothing is copied elsewhere."),
  rebound_needed_threshold_mib: field(integer(), 100, "Accepted; files are always kept compact."),
  rebound_trigger_threshold_mib: field(integer(), 10, "Accepted; files are always kept compact."),
  max_transaction_size: field(integer(), 65_536, "Accepted; files are always kept compact."),
  check_interval: field(duration, "5s", "Accepted; files are always kept compact."),
  cleanup_on_start: field(boolean, false, "Accepted; there are no temporary files."),
});

export const schema: Schema<FileStorageConfig> = section<FileStorageConfig>(
  {
    directory: field(string, "/var/lib/otelcol/file_storage", "Where the files lie."),
    timeout: field(duration, "1s", "How long to wait for another process that holds the directory."),
    fsync: field(boolean, true, "Whether what was taken survives the machine's crash, not only the program's."),
    create_directory: field(boolean, true, "Whether the directory is made where it is missing."),
    directory_permissions: field(string, "0750", "The permissions of a directory that is made, in octal."),
    recreate: field(
      boolean,
      false,
      "Whether a file that was damaged is put aside and begun anew, instead of failing the start.",
    ),
    compaction: field(compaction, undefined, "Accepted for compatibility."),
  },
  (config, place) => {
    if (config.directory === "") place.at("directory").problem("directory must be specified");
    if (!/^[0-7]{3,4}$/.test(config.directory_permissions))
      place
        .at("directory_permissions")
        .problem("'directory_permissions' value must be a valid octal representation of Unix permissions");
  },
);
