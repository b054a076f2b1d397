import { platform, release } from "node:os";
import { detected, type ResourceDetector } from "../detector.ts";
import type { DetectedResource } from "../resource.ts";

// Where Node's names differ from the semantic conventions'.
const TYPES: Readonly<Record<string, string>> = { sunos: "solaris", win32: "windows" };

/** `os.*`. */
export class OSDetector implements ResourceDetector {
  detect(): DetectedResource {
    const name = platform();
    return detected({ "os.type": TYPES[name] ?? name, "os.version": release() });
  }
}
