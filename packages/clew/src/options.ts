import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { ClewError, messageOf, parseSize } from "@clew/base";
import { parsePrometheusDuration } from "@clew/query";
import {
  parseClickHouseUrl,
  parseRetention,
  parseRetentionRule,
  parseRollup,
  type ClickHouseServer,
  type RetentionAges,
  type RetentionRule,
  type RollupAges,
} from "@clew/store";

import { type EnabledFeatures, enabledFeatures } from "./enabled-features.ts";
import { RULE_FLAGS, ruleOptions, type RuleOptions } from "./rules/rule-options.ts";

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
  /** What the embedded engine may use for all that it does. */
  readonly storeMemoryBytes: number;
  /** How much of what queries read is kept for the next ones. */
  readonly queryCacheBytes: number;
  /** A ClickHouse server instead of the embedded engine. */
  readonly clickhouse: ClickHouseServer | undefined;
  /** Where ClickHouse's own clients may ask; undefined for nowhere. */
  readonly clickhousePort: number | undefined;
  readonly clickhouseAccess: "read" | "write";
  readonly role: Role;
  /** A configuration file of Prometheus: what is scraped, external labels, and how OTLP looks to PromQL. */
  readonly prometheusConfig: string | undefined;
  /** What `--enable-feature` names. */
  readonly features: EnabledFeatures;
  /** How often files of the configuration are looked at, to take them anew where they changed; undefined for never. */
  readonly autoReloadMs: number | undefined;
  readonly retention: RetentionAges;
  readonly rollups: RollupAges;
  readonly retentionRules: readonly RetentionRule[];
  readonly maxDiskBytes: number | undefined;
  readonly rules: RuleOptions;
}

/** Which half of the program runs: what takes telemetry in, what answers questions, or both. */
export type Role = "ingest" | "query" | "all";

export interface OptionalPort {
  readonly port: number | undefined;
  readonly isDefault: boolean;
}

/** Throws `USAGE` naming the flag. */
export function upOptions(args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}): UpOptions {
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
    "store-memory": { type: "string" },
    "query-cache": { type: "string" },
    clickhouse: { type: "string" },
    "clickhouse-port": { type: "string" },
    "clickhouse-access": { type: "string" },
    role: { type: "string" },
    "prometheus-config": { type: "string" },
    "enable-feature": { type: "string", multiple: true },
    "config.auto-reload": { type: "boolean" },
    "config.auto-reload-interval": { type: "string" },
    retention: { type: "string" },
    rollup: { type: "string" },
    "retention-rule": { type: "string", multiple: true },
    "max-disk": { type: "string" },
    ...RULE_FLAGS,
  });
  const text = (name: string): string | undefined => values[name] as string | undefined;
  const clickhouse = text("clickhouse");
  const role = oneOf("role", text("role") ?? "all", ["ingest", "query", "all"]);
  if (role !== "all" && clickhouse === undefined)
    throw usage("the embedded engine belongs to one program", "give --clickhouse as well", "role");
  if (clickhouse !== undefined)
    for (const flag of ["max-disk", "retention-rule"])
      if (values[flag] !== undefined)
        throw usage("a ClickHouse server keeps its own disks", "leave it out, or set it up on the server", flag);
  if (role !== "all" && values["rules"] !== undefined)
    throw usage("rules are evaluated where everything runs", "leave --role out, or give --rules there", "rules");
  const features = enabledFeatures((values["enable-feature"] as readonly string[] | undefined) ?? []);
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
    storeMemoryBytes: bytesOf("store-memory", text("store-memory") ?? "2GiB"),
    queryCacheBytes: bytesOf("query-cache", text("query-cache") ?? "256MiB"),
    clickhouse: clickhouse === undefined ? undefined : parseClickHouseUrl(clickhouse, env),
    clickhousePort:
      text("clickhouse-port") === undefined ? undefined : portOf("clickhouse-port", text("clickhouse-port") ?? ""),
    clickhouseAccess: oneOf("clickhouse-access", text("clickhouse-access") ?? "read", ["read", "write"]),
    role,
    prometheusConfig: text("prometheus-config"),
    features,
    autoReloadMs: autoReloadOf(values, features),
    ...retentionOptions(values),
    rules: ruleOptions(values),
  };
}

const AUTO_RELOAD_MS = 30_000;
const LEAST_AUTO_RELOAD_MS = 1_000;

function autoReloadOf(values: Readonly<Record<string, unknown>>, { autoReload }: EnabledFeatures): number | undefined {
  const flag = "config.auto-reload-interval";
  const text = values[flag] as string | undefined;
  const intervalMs = text === undefined ? AUTO_RELOAD_MS : durationOf(flag, text);
  if (intervalMs < LEAST_AUTO_RELOAD_MS) throw usage("expected a duration of 1s or longer", "write 30s or 1m", flag);
  return autoReload || values["config.auto-reload"] === true ? intervalMs : undefined;
}

function durationOf(flag: string, text: string): number {
  try {
    return parsePrometheusDuration(text);
  } catch (error) {
    throw usage(messageOf(error), "write 30s or 1m", flag);
  }
}

type RetentionOptions = Pick<UpOptions, "retention" | "rollups" | "retentionRules" | "maxDiskBytes">;
/** A day is rolled up when it is over: raw samples must live to see that. */
const LEAST_ROLLED_UP_MS = 2 * 86_400_000;

function retentionOptions(values: Readonly<Record<string, unknown>>): RetentionOptions {
  const retention = values["retention"] as string | undefined;
  const rules = (values["retention-rule"] as readonly string[] | undefined) ?? [];
  const maxDisk = values["max-disk"] as string | undefined;
  const ages = retention === undefined ? {} : parseRetention(retention, "--retention");
  const rollup = values["rollup"] as string | undefined;
  if (rollup !== undefined && (ages.metrics ?? Infinity) < LEAST_ROLLED_UP_MS)
    throw usage(
      "samples that are kept for less than two days can't be rolled up",
      "keep metrics=2d or longer",
      "rollup",
    );
  return {
    retention: ages,
    rollups: rollup === undefined ? {} : parseRollup(rollup, "--rollup"),
    retentionRules: rules.map((rule) => parseRetentionRule(rule, "--retention-rule")),
    maxDiskBytes: maxDisk === undefined ? undefined : bytesOf("max-disk", maxDisk),
  };
}

export interface MigrateOptions {
  readonly data: string | undefined;
  readonly server: ClickHouseServer;
}

/** Of `clew migrate clickhouse URL [--data DIR]`. Throws `USAGE` and `CLICKHOUSE_URL_INVALID`. */
export function migrateOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): MigrateOptions {
  const { values, positionals } = parsed(args, { data: { type: "string" } }, true);
  const [kind, url, ...others] = positionals;
  if (kind !== "clickhouse" || url === undefined || others.length > 0)
    throw usage("expected clickhouse and a URL", "write clew migrate clickhouse http://host:8123/database");
  return { data: values["data"] as string | undefined, server: parseClickHouseUrl(url, env) };
}

export interface BackupOptions {
  readonly directory: string;
  readonly replace: boolean;
  /** Of a running program. */
  readonly url: string;
  readonly token: string | undefined;
  readonly data: string | undefined;
}

/** Of `clew backup DIR` and `clew restore DIR`. Throws `USAGE`. */
export function backupOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): BackupOptions {
  const { values, positionals } = parsed(
    args,
    {
      replace: { type: "boolean" },
      url: { type: "string" },
      token: { type: "string" },
      data: { type: "string" },
    },
    true,
  );
  const [directory, ...others] = positionals;
  if (directory === undefined || others.length > 0) throw usage("expected one directory", "see clew --help");
  const url = urlOf("url", (values["url"] as string | undefined) ?? "http://localhost:16686");
  return {
    directory: resolve(directory),
    replace: values["replace"] === true,
    url,
    token: (values["token"] as string | undefined) ?? env["CLEW_TOKEN"],
    data: values["data"] as string | undefined,
  };
}

type Spec = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>;

/** What `parseArgs` makes of the arguments. Throws `USAGE`. */
export function parsed(
  args: readonly string[],
  options: Spec,
  allowPositionals = false,
): { values: Record<string, unknown>; positionals: string[] } {
  try {
    return parseArgs({ args: [...args], options, allowPositionals });
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

/** Throws `USAGE` naming the flag. */
export function urlOf(flag: string, text: string): string {
  if (URL.canParse(text) && /^https?:/.test(text)) return text;
  throw usage(`expected a URL, got ${JSON.stringify(text)}`, "write http://host:port", flag);
}

/** Throws `USAGE` naming the flag. */
export function oneOf<T extends string>(flag: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((one) => one === text);
  if (choice === undefined)
    throw usage(`expected ${choices.join(", ")}, got ${JSON.stringify(text)}`, "give one of these", flag);
  return choice;
}

function bytesOf(flag: string, text: string): number {
  try {
    return parseSize(text);
  } catch (error) {
    throw usage(messageOf(error), "write 512MiB or 2GiB", flag);
  }
}

export function usage(what: string, remedy: string, flag?: string): ClewError {
  return new ClewError("USAGE", what, { path: flag === undefined ? undefined : `--${flag}`, remedy });
}
