/** The files that a rotated one left behind: `data-2022-09-14T05-02-14.173.json` beside `data.json`. */
import { readdir, rm } from "node:fs/promises";
import { dirname, join, parse } from "node:path";
import type { RotationConfig } from "./config.ts";

const DAY_MS = 86_400_000;
/** A time as names have it; some writers add why they rotated. */
const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d)-(\d\d)-(\d\d)\.(\d{3})(?:-[a-z]+)?$/;

/** What `path` is renamed to when it is rotated at `nowMs`. */
export function backupPath(path: string, nowMs: number, localtime: boolean): string {
  const { dir, name, ext } = parse(path);
  const offsetMs = localtime ? new Date(nowMs).getTimezoneOffset() * 60_000 : 0;
  const time = new Date(nowMs - offsetMs).toISOString().slice(0, -1).replaceAll(":", "-");
  return join(dir, `${name}-${time}${ext}`);
}

/** Deletes what is too old or too much. */
export async function pruneBackups(path: string, nowMs: number, config: RotationConfig): Promise<void> {
  const { max_backups: most, max_days: days, localtime } = config;
  if (most === 0 && days === 0) return;
  const oldestMs = days === 0 ? -Infinity : nowMs - days * DAY_MS;
  const newestFirst = (await backupsOf(path, localtime)).sort((a, b) => b.timeMs - a.timeMs);
  const doomed = newestFirst.filter(({ timeMs }, i) => timeMs < oldestMs || (most > 0 && i >= most));
  await Promise.all(doomed.map((one) => rm(one.path, { force: true })));
}

async function backupsOf(path: string, localtime: boolean): Promise<{ path: string; timeMs: number }[]> {
  const { name, ext } = parse(path);
  const entries = await readdir(dirname(path));
  return entries.flatMap((entry) => {
    if (!entry.startsWith(`${name}-`) || !entry.endsWith(ext)) return [];
    const parts = TIME.exec(entry.slice(name.length + 1, entry.length - ext.length))
      ?.slice(1)
      .map(Number);
    if (parts === undefined) return [];
    const [year, month, day, hour, minute, second, ms] = parts as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const timeMs = localtime
      ? new Date(year, month - 1, day, hour, minute, second, ms).getTime()
      : Date.UTC(year, month - 1, day, hour, minute, second, ms);
    return [{ path: join(dirname(path), entry), timeMs }];
  });
}
