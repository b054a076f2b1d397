/** Finds the files that patterns name. */
import { stat } from "node:fs/promises";
import { goRegExp } from "@clew/base";
import { glob, globPattern } from "../../../../match/glob.ts";
import { zoneNamed } from "../../../../ottl/time/zone.ts";
import { timeParser } from "../../../../ottl/time/strptime.ts";
import type { FileLogConfig, OrderingCriteria, SortRule } from "../config.ts";

export class FileFinder {
  readonly #config: FileLogConfig;
  readonly #excluded: readonly RegExp[];

  constructor(config: FileLogConfig) {
    this.#config = config;
    this.#excluded = config.exclude.map((pattern) => new RegExp(`^${globPattern(pattern, true)}$`, "s"));
  }

  /** Paths in order, each once. */
  async find(nowMs: number): Promise<string[]> {
    const found = new Set<string>();
    for (const pattern of this.#config.include) {
      for (const path of await glob(pattern)) {
        if (!this.#excluded.some((excluded) => excluded.test(path))) found.add(path);
      }
    }
    const recent = await this.#recent([...found], nowMs);
    return ordered(recent, this.#config.ordering_criteria);
  }

  async #recent(paths: string[], nowMs: number): Promise<string[]> {
    const maxAgeMs = this.#config.exclude_older_than;
    if (maxAgeMs === 0) return paths;
    const times = await Promise.all(paths.map(modifiedMs));
    return paths.filter((_path, i) => nowMs - times[i]! <= maxAgeMs);
  }
}

async function modifiedMs(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

/** The first files of each group, as the criteria sort them; all where they do not sort. */
async function ordered(paths: readonly string[], criteria: OrderingCriteria): Promise<string[]> {
  if (criteria.sort_by.length === 0) return [...paths];
  const group = criteria.group_by === "" ? undefined : goRegExp(criteria.group_by);
  const groups = new Map<string, string[]>();
  for (const path of paths) {
    const key = group === undefined ? "" : Object.values(group.exec(path)?.groups ?? {}).join("\0");
    groups.set(key, [...(groups.get(key) ?? []), path]);
  }
  const first = await Promise.all(
    [...groups.values()].map(async (members) => {
      const sorted = await sortedBy(members, criteria);
      return criteria.top_n === 0 ? sorted : sorted.slice(0, criteria.top_n);
    }),
  );
  return first.flat();
}

async function sortedBy(paths: readonly string[], { regex, sort_by }: OrderingCriteria): Promise<string[]> {
  const pattern = regex === "" ? undefined : goRegExp(regex);
  const keyed = await Promise.all(
    paths.map(async (path) => {
      const groups = pattern?.exec(path)?.groups;
      const keys = await Promise.all(sort_by.map((rule) => keyOf(path, groups, rule)));
      return { path, keys };
    }),
  );
  const known = keyed.filter(({ keys }) => keys.every((key) => key !== undefined));
  return known
    .sort((a, b) => {
      for (const [i, { ascending }] of sort_by.entries()) {
        const [left, right] = [a.keys[i]!, b.keys[i]!];
        if (left !== right) return left < right === ascending ? -1 : 1;
      }
      return 0;
    })
    .map(({ path }) => path);
}

/** What a file is compared by; undefined where its path does not say. */
async function keyOf(
  path: string,
  groups: Readonly<Record<string, string>> | undefined,
  { sort_type, regex_key, format, location }: SortRule,
): Promise<number | bigint | string | undefined> {
  if (sort_type === "mtime") return modifiedMs(path);
  const text = groups?.[regex_key];
  if (text === undefined || sort_type === "alphabetical") return text;
  if (sort_type === "numeric") return /^-?\d+$/.test(text) ? BigInt(text) : undefined;
  try {
    return timeParser({ format, zone: zoneNamed(location), nowMs: () => 0 })(text).unixNano;
  } catch {
    return undefined;
  }
}
