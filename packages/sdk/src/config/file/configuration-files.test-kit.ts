import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folders: string[] = [];

/** A file with this text, whose first line with the version is added. */
export function configurationFile(yaml: string, { name = "otel.yaml", version = '"1.1"' } = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "clew-configuration-"));
  folders.push(folder);
  const path = join(folder, name);
  writeFileSync(path, `file_format: ${version}\n${yaml}`);
  return path;
}

export function removeConfigurationFiles(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
}
