import { parseArgs } from "node:util";
import { ClewError, messageOf } from "@clew/base";

export interface UpOptions {
  readonly demo: boolean;
  readonly memory: boolean;
  readonly data: string | undefined;
  readonly config: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly otlpGrpcPort: number;
  readonly otlpHttpPort: number;
  /** Undefined for none. `isDefault` ports are given up when they are taken. */
  readonly prometheusPort: OptionalPort;
  readonly metricsPort: OptionalPort;
}

export interface OptionalPort {
  readonly port: number | undefined;
  readonly isDefault: boolean;
}

/** Throws `USAGE` naming the flag. */
export function upOptions(args: readonly string[]): UpOptions {
  const { values } = parsed(args, {
    demo: { type: "boolean" },
    memory: { type: "boolean" },
    data: { type: "string" },
    config: { type: "string" },
    host: { type: "string" },
    port: { type: "string" },
    "otlp-grpc-port": { type: "string" },
    "otlp-http-port": { type: "string" },
    "prometheus-port": { type: "string" },
    "metrics-port": { type: "string" },
  });
  const text = (name: string): string | undefined => values[name] as string | undefined;
  return {
    demo: values["demo"] === true,
    memory: values["memory"] === true,
    data: text("data"),
    config: text("config"),
    host: text("host") ?? "127.0.0.1",
    port: portOf("port", text("port") ?? "16686"),
    otlpGrpcPort: portOf("otlp-grpc-port", text("otlp-grpc-port") ?? "4317"),
    otlpHttpPort: portOf("otlp-http-port", text("otlp-http-port") ?? "4318"),
    prometheusPort: optionalPortOf("prometheus-port", text("prometheus-port"), 9090),
    metricsPort: optionalPortOf("metrics-port", text("metrics-port"), 8888),
  };
}

type Spec = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>;

function parsed(args: readonly string[], options: Spec): { values: Record<string, unknown> } {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false });
  } catch (error) {
    throw usage(messageOf(error), "see clew --help");
  }
}

function portOf(flag: string, text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw usage(`expected a port, got ${JSON.stringify(text)}`, "give 0 to 65535", flag);
  return port;
}

function optionalPortOf(flag: string, text: string | undefined, usual: number): OptionalPort {
  if (text === undefined) return { port: usual, isDefault: true };
  return { port: text === "off" ? undefined : portOf(flag, text), isDefault: false };
}

function usage(what: string, remedy: string, flag?: string): ClewError {
  return new ClewError("USAGE", what, { path: flag === undefined ? undefined : `--${flag}`, remedy });
}
