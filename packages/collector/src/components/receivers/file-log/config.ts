import type { Place } from "../../../schema/place.ts";
import {
  boolean,
  duration,
  field,
  integer,
  list,
  map,
  oneOf,
  optional,
  section,
  string,
  type Schema,
} from "../../../schema/schema.ts";
import { goRegExp, messageOf, ClewError } from "@clew/base";
import { byteSize } from "./byte-size.ts";
import { decoderFor } from "./files/encoding.ts";
import { operators, type ConfiguredOperator } from "./operators/pipeline.ts";

export interface MultilineConfig {
  readonly line_start_pattern: string;
  readonly line_end_pattern: string;
  readonly omit_pattern: boolean;
}

export interface SortRule {
  readonly sort_type: "numeric" | "alphabetical" | "timestamp" | "mtime";
  readonly regex_key: string;
  readonly ascending: boolean;
  readonly location: string;
  readonly format: string;
}

export interface OrderingCriteria {
  readonly regex: string;
  readonly top_n: number;
  readonly group_by: string;
  readonly sort_by: readonly SortRule[];
}

/** Which attributes a record gets from its file. */
export interface FileAttributesConfig {
  readonly include_file_name: boolean;
  readonly include_file_path: boolean;
  readonly include_file_name_resolved: boolean;
  readonly include_file_path_resolved: boolean;
  readonly include_file_owner_name: boolean;
  readonly include_file_owner_group_name: boolean;
  readonly include_file_permissions: boolean;
}

export interface RetryConfig {
  readonly enabled: boolean;
  readonly initial_interval: number;
  readonly max_interval: number;
  readonly max_elapsed_time: number;
}

export interface FileLogConfig extends FileAttributesConfig {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly exclude_older_than: number;
  readonly start_at: "beginning" | "end";
  readonly multiline: MultilineConfig | undefined;
  readonly force_flush_period: number;
  readonly encoding: string;
  readonly preserve_leading_whitespaces: boolean;
  readonly preserve_trailing_whitespaces: boolean;
  readonly include_file_record_number: boolean;
  readonly include_file_record_offset: boolean;
  readonly poll_interval: number;
  readonly fingerprint_size: number;
  readonly initial_buffer_size: number;
  readonly max_log_size: number;
  readonly max_log_size_behavior: "split" | "truncate";
  readonly max_concurrent_files: number;
  readonly max_batches: number;
  readonly delete_after_read: boolean;
  readonly acquire_fs_lock: boolean;
  readonly file_cache_advise: boolean;
  readonly skip_unmodified_files: boolean;
  readonly attributes: Readonly<Record<string, string>>;
  readonly resource: Readonly<Record<string, string>>;
  readonly operators: readonly ConfiguredOperator[];
  readonly storage: string | undefined;
  readonly header: { readonly pattern: string; readonly metadata_operators: readonly ConfiguredOperator[] } | undefined;
  readonly retry_on_failure: RetryConfig;
  readonly ordering_criteria: OrderingCriteria;
  readonly compression: "" | "gzip" | "auto";
  readonly polls_to_archive: number;
  readonly on_truncate: "ignore" | "read_whole_file" | "read_new";
}

const multiline: Schema<MultilineConfig> = section<MultilineConfig>(
  {
    line_start_pattern: field(string, "", "What a record begins with."),
    line_end_pattern: field(string, "", "What a record ends with."),
    omit_pattern: field(boolean, false, "Whether that is left out."),
  },
  ({ line_start_pattern: start, line_end_pattern: end }, place) => {
    if (start !== "" && end !== "") place.problem("only one of line_start_pattern or line_end_pattern can be set");
    checkPattern(start || end, place);
  },
);

const sortRule: Schema<SortRule> = section<SortRule>({
  sort_type: field(oneOf("numeric", "alphabetical", "timestamp", "mtime"), "numeric", "How files are compared."),
  regex_key: field(string, "", "The group of `regex` that is compared."),
  ascending: field(boolean, false, "Whether the least comes first."),
  location: field(string, "UTC", "Where times are."),
  format: field(string, "", "How times are written, as strptime has it."),
});

const fileAttributes = {
  include_file_name: field(boolean, true, "Whether records get `log.file.name`."),
  include_file_path: field(boolean, false, "`log.file.path`."),
  include_file_name_resolved: field(boolean, false, "`log.file.name_resolved`, behind symbolic links."),
  include_file_path_resolved: field(boolean, false, "`log.file.path_resolved`."),
  include_file_owner_name: field(boolean, false, "`log.file.owner.name`."),
  include_file_owner_group_name: field(boolean, false, "`log.file.owner.group.name`."),
  include_file_permissions: field(boolean, false, "`log.file.permissions`, such as `644`."),
};

export const schema: Schema<FileLogConfig> = section<FileLogConfig>(
  {
    include: field(
      list(string),
      undefined,
      "Which files are read; `*`, `?`, `[a-z]`, `{a,b}`, and `**` for any folders.",
    ),
    exclude: field(list(string), undefined, "Which of them are not."),
    exclude_older_than: field(duration, "0s", "Files that did not change for so long are not read; 0 reads all."),
    start_at: field(oneOf("beginning", "end"), "end", "Where files are read from that are there at the start."),
    multiline: field(optional(multiline), undefined, "Records of more than one line."),
    force_flush_period: field(duration, "500ms", "How long an unfinished record is waited for; 0 waits for ever."),
    encoding: field(string, "utf-8", "`utf-8`, `utf-16le`, `utf-16be`, `ascii`, `big5`, `nop` and others."),
    preserve_leading_whitespaces: field(boolean, false, "Whether white space at the start stays."),
    preserve_trailing_whitespaces: field(boolean, false, "Whether white space at the end stays."),
    ...fileAttributes,
    include_file_record_number: field(boolean, false, "`log.file.record_number`."),
    include_file_record_offset: field(boolean, false, "`log.file.record_offset`."),
    poll_interval: field(duration, "200ms", "How often files are looked at."),
    fingerprint_size: field(byteSize, 1_000, "A file is known again by so many of its first bytes."),
    initial_buffer_size: field(byteSize, "16KiB", "Accepted; buffers grow as needed."),
    max_log_size: field(byteSize, "1MiB", "The longest record."),
    max_log_size_behavior: field(oneOf("split", "truncate"), "split", "What happens to a longer one."),
    max_concurrent_files: field(integer(), 1_024, "At most so many files are open."),
    max_batches: field(integer(), 0, "Files beyond `max_concurrent_files` are read in so many turns; 0 is no limit."),
    delete_after_read: field(boolean, false, "Whether files are deleted once all of them was taken."),
    acquire_fs_lock: field(boolean, false, "Accepted; Node cannot lock files."),
    file_cache_advise: field(boolean, false, "Accepted; Node cannot advise the system's cache."),
    skip_unmodified_files: field(boolean, false, "Whether files of the same size and time are not opened again."),
    attributes: field(map(string), undefined, "Attributes of every record; `EXPR(…)` is an expression."),
    resource: field(map(string), undefined, "Attributes of every resource."),
    operators: field(operators, undefined, "What is made of each record."),
    storage: field(optional(string), undefined, "The storage extension that keeps how far files were read."),
    header: field(
      optional(
        section({
          pattern: field(string, "", "What every line of the header matches."),
          metadata_operators: field(operators, undefined, "What is made of them; their attributes go to every record."),
        }),
      ),
      undefined,
      "Lines at the start of files that say something about all records.",
    ),
    retry_on_failure: field(
      section<RetryConfig>({
        enabled: field(boolean, false, "Whether it is ever given up."),
        initial_interval: field(duration, "1s", "How long is waited before the first time."),
        max_interval: field(duration, "30s", "How long at most."),
        max_elapsed_time: field(duration, "5m", "After so long records are dropped; 0 never drops any."),
      }),
      undefined,
      "How records are sent again that were not taken.",
    ),
    ordering_criteria: field(
      section<OrderingCriteria>({
        regex: field(string, "", "Finds in a path what it is sorted by."),
        top_n: field(integer(), 1, "So many files are read, the first ones."),
        group_by: field(string, "", "Finds in a path which group it is of; each group has its first files."),
        sort_by: field(list(sortRule), undefined, "How files are sorted; without it all are read."),
      }),
      undefined,
      "Which of many files are read.",
    ),
    compression: field(oneOf("", "gzip", "auto"), "", "How files are compressed; `auto` finds out."),
    polls_to_archive: field(integer(), 0, "Accepted; how far files were read is kept anyway."),
    on_truncate: field(
      oneOf("ignore", "read_whole_file", "read_new"),
      "ignore",
      "What is read of a known file that became shorter.",
    ),
  },
  check,
);

const MIN_FINGERPRINT_BYTES = 16;

function check(config: FileLogConfig, place: Place): void {
  if (config.include.length === 0) place.problem("required argument `include` is empty", "name the files");
  if (config.fingerprint_size < MIN_FINGERPRINT_BYTES) {
    place.problem(`'fingerprint_size' must be at least ${MIN_FINGERPRINT_BYTES} bytes`);
  }
  if (config.max_log_size <= 0) place.problem("'max_log_size' must be positive");
  if (config.max_concurrent_files < 1) place.problem("'max_concurrent_files' must be positive");
  if (config.delete_after_read && config.start_at === "end") {
    place.problem("'delete_after_read' cannot be used with 'start_at: end'");
  }
  if (config.header !== undefined && config.start_at === "end") {
    place.problem("'header' cannot be specified with 'start_at: end'");
  }
  if (config.header !== undefined) checkPattern(config.header.pattern, place.at("header").at("pattern"));
  checkEncoding(config, place);
  checkOrdering(config.ordering_criteria, place.at("ordering_criteria"));
}

function checkEncoding({ encoding, multiline: lines }: FileLogConfig, place: Place): void {
  try {
    const decoder = decoderFor(encoding);
    if (lines === undefined || decoder.kind === "utf-8") return;
    if (decoder.kind === "nop") {
      const which = lines.line_end_pattern === "" ? "line_start_pattern" : "line_end_pattern";
      place.problem(`${which} should not be set when using nop encoding`);
    } else
      place.problem("multiline is supported for utf-8 and ascii only", "convert the files, or leave multiline out");
  } catch {
    place.problem(`unsupported encoding '${encoding}'`, 'write "utf-8"');
  }
}

function checkOrdering({ regex, sort_by }: OrderingCriteria, place: Place): void {
  if (sort_by.length === 0) return;
  if (regex === "" && sort_by.some(({ sort_type }) => sort_type !== "mtime")) {
    place.problem("'regex' must be specified when 'sort_by' is specified");
  }
  checkPattern(regex, place);
}

function checkPattern(pattern: string, place: Place): void {
  try {
    goRegExp(pattern);
  } catch (error) {
    place.problem(error instanceof ClewError ? error.what : messageOf(error), "write it in RE2's syntax");
  }
}
