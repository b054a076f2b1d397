/** Which package a file belongs to, told from its path alone. */
import { readFileSync } from "node:fs";

const FOLDER = "/node_modules/";

export interface PackageFile {
  readonly package: string;
  /** Inside the package, with forward slashes. */
  readonly path: string;
  /** The package's directory, with a slash at its end. */
  readonly directory: string;
}

/** The last `node_modules` counts, so that pnpm's and Yarn's layouts read as npm's. */
export function packageFileOf(filename: string): PackageFile | undefined {
  const name = filename.includes("\\") ? filename.replaceAll("\\", "/") : filename;
  const folder = name.lastIndexOf(FOLDER);
  if (folder < 0) return undefined;
  const start = folder + FOLDER.length;
  const scopeEnd = name[start] === "@" ? name.indexOf("/", start) + 1 : start;
  const end = name.indexOf("/", scopeEnd);
  if (end < 0) return undefined;
  return { package: name.slice(start, end), path: name.slice(end + 1), directory: name.slice(0, end + 1) };
}

/** The `version` of the package in `directory`; undefined where that cannot be read. */
export function versionIn(directory: string): string | undefined {
  try {
    const { version } = JSON.parse(readFileSync(`${directory}package.json`, "utf8")) as { readonly version?: unknown };
    return typeof version === "string" ? version : undefined;
  } catch {
    return undefined;
  }
}
