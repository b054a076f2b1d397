import { homedir } from "node:os";
import { join } from "node:path";

/** Where data lies: what `--data` says, `CLEW_DATA`, or the place for a user's data. */
export function dataDirectoryOf(data: string | undefined, env: Readonly<Record<string, string | undefined>>): string {
  return data ?? env["CLEW_DATA"] ?? join(env["XDG_DATA_HOME"] ?? join(homedir(), ".local", "share"), "clew");
}
