import { userInfo } from "node:os";
import { detected, type ResourceDetector } from "../detector.ts";
import type { DetectedResource } from "../resource.ts";

/** `process.*`: this process and its runtime. */
export class ProcessDetector implements ResourceDetector {
  detect(): DetectedResource {
    const [command] = process.argv.slice(1);
    return detected({
      "process.pid": process.pid,
      "process.executable.name": process.title,
      "process.executable.path": process.execPath,
      "process.command": command,
      "process.command_args": [process.argv0, ...process.execArgv, ...process.argv.slice(1)],
      "process.owner": owner(),
      "process.runtime.name": "nodejs",
      "process.runtime.version": process.versions.node,
      "process.runtime.description": "Node.js",
    });
  }
}

/** Some containers run as a user that has no name. */
function owner(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
