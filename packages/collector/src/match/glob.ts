import { readdir, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";

/** Files that a pattern of paths fits, in order: `*`, `?`, `[a-z]`, `{a,b}` within a name, `**` for any folders. */
export async function glob(pattern: string): Promise<string[]> {
  const segments = pattern.split("/").filter((segment, i) => segment !== "" || i === 0);
  const start = isAbsolute(pattern) ? "/" : "";
  const found = await walk(start, isAbsolute(pattern) ? segments.slice(1) : segments);
  return found.sort();
}

/** Files below `directory` that fit the rest of a pattern. Folders that we may not read have none. */
async function walk(directory: string, segments: readonly string[]): Promise<string[]> {
  const [segment = "", ...rest] = segments;
  if (segment === "**") {
    const here = rest.length === 0 ? await walk(directory, ["*"]) : await walk(directory, rest);
    const folders = (await entries(directory)).filter((entry) => entry.isDirectory());
    const below = await Promise.all(folders.map(({ name }) => walk(join(directory, name), segments)));
    return [...new Set([...here, ...below.flat()])];
  }
  const names = await namesOf(directory, segment);
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      if (rest.length > 0) return walk(path, rest);
      return (await stat(path).catch(() => undefined))?.isFile() === true ? [path] : [];
    }),
  );
  return found.flat();
}

async function namesOf(directory: string, segment: string): Promise<string[]> {
  if (!/[*?[{]/.test(segment)) return [segment];
  const pattern = new RegExp(`^${globPattern(segment, false)}$`, "s");
  return (await entries(directory)).map(({ name }) => name).filter((name) => pattern.test(name));
}

const entries = (directory: string): Promise<import("node:fs").Dirent[]> =>
  readdir(directory === "" ? "." : directory, { withFileTypes: true }).catch(() => []);

/** A pattern as an expression; with `**` where a whole path is meant. */
export function globPattern(pattern: string, isPath: boolean): string {
  return pattern.replaceAll(
    /\*\*\/|\*\*|\*|\?|\{([^{}]*)\}|\[[!^]?[^\]]+\]|[.+^$()|\\{}[\]]/g,
    (token, choices: string | undefined) => {
      if (token === "**/" && isPath) return "(?:[^/]*/)*";
      if (token === "**" && isPath) return ".*";
      if (token.startsWith("*")) return "[^/]*";
      if (token === "?") return "[^/]";
      if (choices !== undefined)
        return `(?:${choices
          .split(",")
          .map((one) => globPattern(one, isPath))
          .join("|")})`;
      return token.length > 1 && token.startsWith("[") ? token.replace("[!", "[^") : `\\${token}`;
    },
  );
}
