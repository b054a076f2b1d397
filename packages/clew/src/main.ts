/** The command line: picks the command, prints what it throws. */
import { ClewError, messageOf } from "@clew/base";
import type { Terminal } from "./terminal.ts";
import { VERSION } from "./version.ts";

type Command = (args: readonly string[], terminal: Terminal) => Promise<void>;

/** Commands that run a program of the user's, whose signals and exit code are theirs. */
const LAUNCHERS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  async instrument(args) {
    await (await import("@clew/instrument/commands")).instrument(args);
    return Number(process.exitCode ?? 0);
  },
  bootstrap: async (args) => (await import("@clew/instrument/commands")).bootstrap(args),
};

/** Only the one that is asked for is loaded: a collector needs no store. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => (await import("./up-command.ts")).runUp,
  collector: async () => (await import("./collector/collector-command.ts")).runCollector,
  demo: async () => (await import("./demo-command.ts")).runDemo,
  backup: async () => (await import("./backup-command.ts")).runBackup,
  restore: async () => (await import("./backup-command.ts")).runRestore,
  export: async () => (await import("./export/export-command.ts")).runExport,
  import: async () => (await import("./import/import-command.ts")).runImport,
  test: async () => (await import("./test-command.ts")).runTest,
  check: async () => (await import("./check-command.ts")).runCheck,
  migrate: async () => (await import("./migrate-command.ts")).runMigrate,
};

const HELP = `Clew: OpenTelemetry in one program.

  clew up                 receive, store and show telemetry
      --demo              with a demo application that sends some
      --config FILE       with this collector configuration instead of the built-in one
      --data DIR          keep data there
      --memory            keep nothing
      --host HOST         listen there instead of on localhost; a token is then required
      --port PORT         the UI and the HTTP APIs        (16686)
      --otlp-grpc-port    OTLP over gRPC                  (4317)
      --otlp-http-port    OTLP over HTTP                  (4318)
      --prometheus-port   the Prometheus API once more    (9090; 0 for any free port, "off" for none)
      --prometheus-config FILE  what is scraped, external labels, and how OTLP looks to PromQL (otlp:);
                              SIGHUP takes other scrapes and rules
      --enable-feature NAMES  what is experimental in Prometheus, by its names: promql-experimental-functions, …
      --config.auto-reload    read Prometheus's configuration and rules anew when their files change
      --metrics-port      the collector's own metrics     (8888; the same)
      --retention AGES        how long to keep what: traces=7d,logs=3d,metrics=90d  (for ever)
      --rollup AGES           keep metrics longer as rollups: 5m=90d,1h=2y  (none)
      --retention-rule RULE   what to keep shorter, any number of times: logs{service.name="debug"}=1d
      --max-disk SIZE         remove the oldest days beyond that, such as 20GB
      --rules FILE            evaluate Prometheus's recording and alerting rules of these files; a pattern is
                              quoted; any number of times; SIGHUP reads them anew
      --evaluation-interval   how often, where a group does not say it  (1m)
      --external-label NAME=VALUE   what alerts bear beside their labels when they leave, any number of times
      --external-url URL      where people find this program, in alerts
      --alertmanager-url URL  send alerts there, any number of times
      --alertmanager-config FILE    tell receivers of alerts by this configuration of Alertmanager's: webhooks, Slack, e-mail
      --store-memory SIZE     what the storage engine may use (2GiB)
      --query-cache SIZE      what may be kept of samples that PromQL read, for the next query (256MiB; 0 for nothing)
      --clickhouse-port PORT  let ClickHouse's own clients read there, usually 8123
      --clickhouse-access     read, or write, for them        (read)
      --clickhouse URL        keep data in a ClickHouse server or cluster instead:
                              http(s)://user:password@host:8123/database?cluster=NAME
      --role ROLE             ingest, query or all            (all; the others with --clickhouse)
  clew collector --config FILE    run a collector alone; clew collector --help tells what else it does
  clew instrument COMMAND         run a command with OpenTelemetry in every Node process of it
  clew bootstrap                  list or install what else it needs to be instrumented
  clew backup DIR                 copy what is stored there, while clew up runs or not
  clew restore DIR                put such a copy in the place of what is stored
      --replace           and give up what is stored
      --url URL           of the clew up that runs        (http://localhost:16686)
      --data DIR          of the data directory, where none runs
  clew export FILE                write what a running clew up has stored; "-" is the standard output, FILE.gz is compressed
      --signal SIGNAL     traces, logs or metrics         (all)
      --format FORMAT     otlp-json, otlp-proto, jaeger or zipkin  (otlp-json: a request on each line)
      --from TIME         such as 2026-01-31T12:00:00Z, or 2h for two hours ago; the same with --to
      --trace ID          of this trace alone, any number of times
      --url URL           of the clew up that runs        (http://localhost:16686)
  clew import FILE...             send such files to a running clew up; "-" is the standard input
      --format FORMAT     what they are, instead of seeing for itself
      --signal SIGNAL     what otlp-proto is of           (it is seen)
      --endpoint URL      where OTLP is taken over HTTP   (http://localhost:4318)
      --token TOKEN       for either, where one is wanted (CLEW_TOKEN)
  clew check rules FILE...        check files of Prometheus's recording and alerting rules
  clew test rules FILE...         run unit tests of rules; --run EXPRESSION runs those of that name only
      --enable-feature NAMES  for both, as promtool has it
  clew migrate clickhouse URL     copy what is stored to a ClickHouse server; run again, it goes on
      --data DIR          from there
  clew demo               run the demo application; it sends to OTEL_EXPORTER_OTLP_ENDPOINT
  clew --version
`;

/** Runs one command; returns the process's exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const [name = "", ...rest] = args;
  const launcher = LAUNCHERS[name];
  if (launcher !== undefined) return launcher(rest);
  const terminal: Terminal = {
    out: (text) => void process.stdout.write(text),
    error: (text) => void process.stderr.write(text),
    stdin: process.stdin,
    stdout: process.stdout,
    env: process.env,
    stop: stopSignal(),
    onReload(reload) {
      process.on("SIGHUP", reload);
      return () => process.off("SIGHUP", reload);
    },
  };
  if (name === "--version" || name === "version") {
    terminal.out(`${VERSION}\n`);
    return 0;
  }
  const command = COMMANDS[name];
  const asksForHelp = name !== "collector" && (rest.includes("--help") || rest.includes("-h"));
  if (command === undefined || asksForHelp) {
    const asked = ["", "help", "--help", "-h"].includes(name) || command !== undefined;
    if (asked) terminal.out(HELP);
    else terminal.error(`unknown command ${JSON.stringify(name)}\n\n${HELP}`);
    return asked ? 0 : 2;
  }
  try {
    const run = await command();
    await run(rest, terminal);
    return 0;
  } catch (error) {
    terminal.error(`${error instanceof ClewError ? error.message : `unexpected: ${messageOf(error)}`}\n`);
    return 1;
  }
}

/** The first Ctrl-C or SIGTERM asks for an orderly stop, the second ends the process. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return controller.signal;
}
