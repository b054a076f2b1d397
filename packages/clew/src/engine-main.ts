/** The engine's process: ClickHouse's library, run as its command line. The parent tells it the rest. */
import { createRequire } from "node:module";
import { setPriority } from "node:os";
import { dirname, join } from "node:path";
import { messageOf } from "@clew/base";
import { runEngineProgram } from "@clew/store";
import { DataType, load, open } from "ffi-rs";
import { giveBackPages } from "./give-back-pages.ts";

/** The package that has the library for a platform. Where there is none, Clew needs a ClickHouse server. */
const PACKAGES: Readonly<Record<string, string>> = {
  "darwin-arm64": "@chdb/lib-darwin-arm64",
  "darwin-x64": "@chdb/lib-darwin-x64",
  "linux-x64": "@chdb/lib-linux-x64-gnu",
  "linux-arm64": "@chdb/lib-linux-arm64-gnu",
};

/** What comes in goes before what is asked: the program must be able to acknowledge while all cores have queries to run. */
const NICENESS = 5;

try {
  setPriority(NICENESS);
  const library = libraryPath();
  open({ library: "chdb", path: library });
  await runEngineProgram(run, () => giveBackPages(library));
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
}
process.kill(process.pid, "SIGKILL");

async function run(commandLine: readonly string[]): Promise<string> {
  const result = await load({
    library: "chdb",
    funcName: "chdb_query_cmdline",
    retType: DataType.External,
    paramsType: [DataType.I32, DataType.StringArray],
    paramsValue: [commandLine.length, [...commandLine]],
    runInNewThread: true,
  });
  return load({
    library: "chdb",
    funcName: "chdb_result_error",
    retType: DataType.String,
    paramsType: [DataType.External],
    paramsValue: [result],
  });
}

function libraryPath(): string {
  const platform = `${process.platform}-${process.arch}`;
  const name = PACKAGES[platform];
  if (name === undefined) throw new Error(`there is no embedded engine for ${platform}`);
  const fromChdb = createRequire(import.meta.resolve("chdb"));
  return join(dirname(fromChdb.resolve(`${name}/package.json`)), "libchdb.so");
}
