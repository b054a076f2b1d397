import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ResourceDetector } from "../detector.ts";
import { detectResources } from "../detect-resources.ts";

const roots: string[] = [];

/** A folder that stands for `/`, with these files in it. */
export function rootWith(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "clew-detectors-"));
  roots.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

export function removeRoots(): void {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
}

/** All attributes that the detector finds in the end. */
export async function found(detector: ResourceDetector): Promise<Readonly<Record<string, unknown>>> {
  const resource = detectResources({ detectors: [detector] });
  await resource.waitForAsyncAttributes?.();
  return resource.attributes;
}

/** The firmware's names of an EC2 instance, a Google and an Azure machine. */
export const EC2_FIRMWARE: Readonly<Record<string, string>> = { "/sys/class/dmi/id/sys_vendor": "Amazon EC2\n" };
export const GOOGLE_FIRMWARE: Readonly<Record<string, string>> = { "/sys/class/dmi/id/sys_vendor": "Google\n" };
export const AZURE_FIRMWARE: Readonly<Record<string, string>> = {
  "/sys/class/dmi/id/sys_vendor": "Microsoft Corporation\n",
};
