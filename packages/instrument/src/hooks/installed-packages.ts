import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** Directory --> the `node_modules` that are there and that Node looks into from it, the nearest first. */
const searched = new Map<string, readonly string[]>();

/** Whether Node would find the package from that directory. What was installed since the first question is not seen. */
export function isInstalled(name: string, directory: string): boolean {
  return searchedFrom(directory).some((modules) => existsSync(join(modules, name)));
}

function searchedFrom(directory: string): readonly string[] {
  const known = searched.get(directory);
  if (known !== undefined) return known;
  const own = join(directory, "node_modules");
  const parent = dirname(directory);
  const above = parent === directory ? [] : searchedFrom(parent);
  const all = existsSync(own) ? [own, ...above] : above;
  searched.set(directory, all);
  return all;
}
