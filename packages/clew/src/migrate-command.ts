/** `clew migrate clickhouse URL`. */
import { fileURLToPath } from "node:url";
import { systemClock } from "@clew/base";
import { moveToServer } from "@clew/store";
import { dataDirectoryOf } from "./data-directory.ts";
import { migrateOptions } from "./options.ts";
import type { Terminal } from "./terminal.ts";

export async function runMigrate(args: readonly string[], terminal: Terminal): Promise<void> {
  const { data, server } = migrateOptions(args, terminal.env);
  const moved = await moveToServer({
    directory: dataDirectoryOf(data, terminal.env),
    engineProgram: fileURLToPath(new URL("../dist/engine-main.js", import.meta.url)),
    server,
    clock: systemClock,
    report: (line) => terminal.error(`${line}\n`),
    signal: terminal.stop,
  });
  const rows = moved.reduce((total, one) => total + one.rows, 0);
  terminal.out(`Moved ${rows} rows to ${server.url}/${server.database}; the directory still has them.\n`);
}
