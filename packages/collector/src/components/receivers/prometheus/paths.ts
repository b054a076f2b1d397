import { isAbsolute, join } from "node:path";

/** Lists of paths; `files` are those of `file_sd_configs`. */
const LISTS = new Set(["files", "scrape_config_files"]);
/** Whose keys are names that somebody chose. */
const NAMED_FREELY = new Set(["labels", "external_labels", "params", "node_meta"]);

/**
 * A section of Prometheus's configuration whose paths count from `directory` on, where they are relative: those of settings that end in
 * `_file`, of `files` and of `scrape_config_files`, as Prometheus takes them from the file's own directory.
 */
export function withPathsFrom(directory: string, section: unknown): unknown {
  if (Array.isArray(section)) return section.map((one) => withPathsFrom(directory, one));
  if (typeof section !== "object" || section === null) return section;
  return Object.fromEntries(
    Object.entries(section).map(([key, value]) => [key, settingFrom(directory, key, value as unknown)]),
  );
}

function settingFrom(directory: string, key: string, value: unknown): unknown {
  if (NAMED_FREELY.has(key)) return value;
  if (LISTS.has(key) && Array.isArray(value)) return value.map((one: unknown) => pathFrom(directory, one));
  return key.endsWith("_file") ? pathFrom(directory, value) : withPathsFrom(directory, value);
}

function pathFrom(directory: string, path: unknown): unknown {
  return typeof path !== "string" || path === "" || isAbsolute(path) ? path : join(directory, path);
}
