import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Files whose names match; `*` and `?` may stand in the last part. */
export function filesOf(pattern: string): string[] {
  if (!/[*?[]/.test(pattern)) return [pattern];
  const inside = basename(pattern)
    .replaceAll(/[.+^${}()|\\]/g, "\\$&")
    .replaceAll("*", "[^/]*")
    .replaceAll("?", "[^/]");
  const name = new RegExp(`^${inside}$`, "s");
  const directory = dirname(pattern);
  try {
    return readdirSync(directory)
      .filter((one) => name.test(one))
      .sort()
      .map((one) => join(directory, one));
  } catch {
    return [];
  }
}
