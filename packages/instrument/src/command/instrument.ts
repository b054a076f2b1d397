import { spawn } from "node:child_process";
import type { Environment } from "../instrumentation.ts";
import { VERSION } from "../version.ts";
import { parseArguments } from "./arguments.ts";

/** What `node --import` loads: the package's own entry. */
const ENTRY = import.meta.resolve("@clew/instrument");
const FORWARDED: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2"];
/** A terminal sends these to the command itself. */
const FROM_TERMINAL: ReadonlySet<NodeJS.Signals> = new Set(["SIGINT", "SIGQUIT", "SIGHUP"]);
/** Source: POSIX, "Shell command language, exit status": the command was not found. */
const NOT_FOUND = 127;
const WRONG_USAGE = 2;

const USAGE = `Usage: opentelemetry-instrument [--FLAG VALUE …] COMMAND [ARGUMENT …]

Runs a command with OpenTelemetry in every Node process that it starts:

  opentelemetry-instrument --service_name shop node app.js
  opentelemetry-instrument --traces_exporter console --metrics_exporter none npm start

  --traces_exporter, --metrics_exporter, --logs_exporter   otlp, console or none
  --exporter_otlp_endpoint URL    where to send, http://localhost:4318 unless given
  --exporter_otlp_protocol NAME   http/protobuf or grpc
  --service_name NAME
  --resource_attributes key=value,key=value
  --propagators NAMES             tracecontext,baggage unless given
  --traces_sampler NAME           parentbased_always_on unless given
  --config FILE                   a declarative configuration
  --explain                       tells at the end what was instrumented, what was not, and why
  --NAME VALUE                    sets the variable OTEL_NAME, whichever
`;

/**
 * Runs a command with instrumentation in each Node process of it. This process then ends as the
 * command did: with its exit code, or by its signal.
 */
export async function instrument(words: readonly string[]): Promise<void> {
  const { variables, command, wants, incomplete } = parseArguments(words);
  const [program, ...args] = command;
  if (wants === "help") process.stdout.write(USAGE);
  else if (wants === "version") process.stdout.write(`${VERSION}\n`);
  else if (incomplete !== undefined) failUsage(`${incomplete} needs a value`);
  else if (program === undefined) failUsage("which command shall run?");
  else await run(program, args, { ...process.env, ...variables, NODE_OPTIONS: nodeOptions(process.env) });
}

function failUsage(problem: string): void {
  process.stderr.write(`opentelemetry-instrument: ${problem}\n\n${USAGE}`);
  process.exitCode = WRONG_USAGE;
}

/** The entry comes last, after what the user imports: a loader such as tsx is in place then. */
export function nodeOptions({ NODE_OPTIONS = "" }: Environment): string {
  if (NODE_OPTIONS.includes(ENTRY)) return NODE_OPTIONS;
  return `${NODE_OPTIONS} --import=${ENTRY}`.trim();
}

async function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(program, args, { stdio: "inherit", env, shell: process.platform === "win32" });
  const forward = (signal: NodeJS.Signals): void => {
    if (!process.stdin.isTTY || !FROM_TERMINAL.has(signal)) child.kill(signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  await new Promise<void>((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      process.stderr.write(`opentelemetry-instrument: ${program}: ${error.message}\n`);
      process.exitCode = error.code === "ENOENT" ? NOT_FOUND : NOT_FOUND - 1;
      resolve();
    });
    child.once("exit", (code, signal) => {
      for (const name of FORWARDED) process.off(name, forward);
      if (signal !== null) process.kill(process.pid, signal);
      process.exitCode = code ?? 1;
      resolve();
    });
  });
}
