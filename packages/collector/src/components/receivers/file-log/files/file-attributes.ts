import { realpathSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { FileAttributesConfig } from "../config.ts";
import type { MutableMap } from "../entry.ts";

/** What a record gets of its file. */
export async function fileAttributes(path: string, config: FileAttributesConfig): Promise<MutableMap> {
  const attributes: MutableMap = {};
  if (config.include_file_name) attributes["log.file.name"] = basename(path);
  if (config.include_file_path) attributes["log.file.path"] = path;
  const resolved = realpathSync(path);
  if (config.include_file_name_resolved) attributes["log.file.name_resolved"] = basename(resolved);
  if (config.include_file_path_resolved) attributes["log.file.path_resolved"] = resolved;
  const wantsStat =
    config.include_file_owner_name || config.include_file_owner_group_name || config.include_file_permissions;
  if (!wantsStat) return attributes;
  const { uid, gid, mode } = await stat(path);
  if (config.include_file_owner_name) attributes["log.file.owner.name"] = await nameOf("/etc/passwd", uid);
  if (config.include_file_owner_group_name) attributes["log.file.owner.group.name"] = await nameOf("/etc/group", gid);
  if (config.include_file_permissions) attributes["log.file.permissions"] = (mode & 0o777).toString(8).padStart(3, "0");
  return attributes;
}

/** The name of a user or group; its number where it has none. */
async function nameOf(table: string, id: number): Promise<string> {
  const text = await readFile(table, "utf8").catch(() => "");
  const line = text.split("\n").find((one) => one.split(":")[2] === String(id));
  return line?.split(":", 1)[0] ?? String(id);
}
