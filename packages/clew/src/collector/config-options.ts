/** The flags that say where a collector's configuration is. */
import { parseArgs } from "node:util";
import { ClewError, messageOf } from "@clew/base";
import {
  checkFeatureGates,
  loadConfig,
  nodeWorld,
  readSources,
  uriOfSetting,
  type LoadedConfig,
} from "@clew/collector";

export interface ConfigOptions {
  /** What `--config` and `--set` name, in the order in which they are laid over one another. */
  readonly uris: readonly string[];
  /** Other flags, and what stands without one. */
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

export interface ExtraFlags {
  readonly [name: string]: { readonly type: "string" | "boolean" };
}

/** Throws `USAGE`. */
export function configOptions(args: readonly string[], extra: ExtraFlags = {}, takesFiles = false): ConfigOptions {
  const { values, positionals } = parsed(args, extra, takesFiles);
  const { config = [], set = [], "feature-gates": gates, ...rest } = values;
  if (typeof gates === "string") checkFeatureGates(gates);
  const settings = (set as string[]).map((setting) => {
    const uri = uriOfSetting(setting);
    if (uri === undefined) throw usage(`missing equal sign in --set=${setting}`, "write --set KEY=VALUE");
    return uri;
  });
  const uris = [...(config as string[]), ...settings];
  if (uris.length === 0)
    throw usage("at least one config flag must be provided", "name a configuration file: --config FILE");
  return { uris, values: rest as ConfigOptions["values"], positionals };
}

/** Rejects with `CONFIG_INVALID`. `above` is laid over everything. */
export async function loadFrom(
  { uris }: ConfigOptions,
  env: Readonly<Record<string, string | undefined>>,
  above: readonly string[] = [],
): Promise<LoadedConfig> {
  const world = nodeWorld(env);
  return loadConfig([...(await readSources(uris, world)), ...above], world);
}

function parsed(
  args: readonly string[],
  extra: ExtraFlags,
  allowPositionals: boolean,
): { values: Record<string, unknown>; positionals: string[] } {
  const options = {
    config: { type: "string", multiple: true },
    set: { type: "string", multiple: true },
    "feature-gates": { type: "string" },
    ...extra,
  } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals });
  } catch (error) {
    const isPositional = (error as NodeJS.ErrnoException).code === "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL";
    throw usage(
      messageOf(error),
      isPositional ? "a configuration is named with --config FILE" : "see clew collector --help",
    );
  }
}

function usage(what: string, remedy: string): ClewError {
  return new ClewError("USAGE", what, { remedy });
}
