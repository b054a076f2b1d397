import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** Whether Node would find the package from that directory. */
export function isInstalled(name: string, directory: string): boolean {
  if (existsSync(join(directory, "node_modules", ...name.split("/")))) return true;
  const parent = dirname(directory);
  return parent !== directory && isInstalled(name, parent);
}
