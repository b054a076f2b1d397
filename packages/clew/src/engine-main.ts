/** The engine's process: chDB behind the store's program. Arguments: directory, socket, memory in bytes. */
import { mkdirSync } from "node:fs";
import { Session } from "chdb";
import { runEngineProgram } from "@clew/store";

const [directory, socketPath, memoryBytes] = process.argv.slice(2);
if (directory === undefined || socketPath === undefined || memoryBytes === undefined) {
  throw new Error("usage: engine-main DIRECTORY SOCKET MEMORY_BYTES");
}

await runEngineProgram({
  directory,
  socketPath,
  memoryBytes: Number(memoryBytes),
  open(path, connectionArguments) {
    mkdirSync(path, { recursive: true });
    return new Session(path, { connectionArgs: connectionArguments });
  },
});
process.exit(0);
