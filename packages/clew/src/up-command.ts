/** `clew up`. */
import { systemClock } from "@clew/base";
import { consoleLogger } from "@clew/collector";
import { BACKEND_TARGET_BYTES, collectGarbageOfStart, tuneGarbageCollection } from "./garbage-collection.ts";
import { aborted } from "./aborted.ts";
import type { Terminal } from "./terminal.ts";
import { upOptions } from "./options.ts";
import { startClew, type RunningClew } from "./up.ts";

export async function runUp(args: readonly string[], terminal: Terminal): Promise<void> {
  tuneGarbageCollection(BACKEND_TARGET_BYTES);
  const options = upOptions(args, terminal.env);
  const logger = consoleLogger({ write: terminal.error, nowMs: () => systemClock.nowMs(), level: "warn" });
  const clew = await startClew({ options, env: terminal.env, logger });
  terminal.out(banner(clew));
  // Where there is nothing to read anew, a terminal that is closed ends the program.
  const { reload } = clew;
  const stopListening = reload === undefined ? () => {} : terminal.onReload(() => void reload());
  await collectGarbageOfStart();
  await aborted(terminal.stop);
  stopListening();
  terminal.out("Stopping …\n");
  await clew.stop();
}

function banner({ status, prometheusUrl, clickhouseUrl, storedAt, token }: RunningClew): string {
  const rows: [string, string | undefined][] = [
    ["UI", status.ui === "" ? undefined : token === undefined ? status.ui : `${status.ui}/?token=${token}`],
    ["OTLP gRPC", status.otlpGrpc],
    ["OTLP HTTP", status.otlpHttp],
    ["Prometheus API", prometheusUrl],
    ["ClickHouse HTTP", clickhouseUrl],
    ["Data", storedAt],
    ["Token", token],
  ];
  const table = rows.filter(([, value]) => value !== undefined).map(([name, value]) => `  ${name.padEnd(16)}${value}`);
  const endpoint = status.otlpHttp ?? status.otlpGrpc;
  const protocol = status.otlpHttp === undefined ? "grpc" : "http/protobuf";
  const environment =
    endpoint === undefined
      ? []
      : [
          "",
          "  Point an application here:",
          "",
          "    export OTEL_SERVICE_NAME=my-service",
          `    export OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}`,
          `    export OTEL_EXPORTER_OTLP_PROTOCOL=${protocol}`,
        ];
  return ["", `  Clew ${status.version}`, "", ...table, ...environment, "", "  Ctrl-C stops.", "", ""].join("\n");
}
