/** Reads what Linux tells under `/proc`. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Host } from "./metric.ts";

export function readProc({ rootPath }: Host, path: string): Promise<string> {
  return readFile(join(rootPath, "proc", path), "utf8");
}

/** The lines of a text, without empty ones, each cut at white space. */
export function rowsOf(text: string): string[][] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => line.trim().split(/\s+/));
}

/** `Name:  value kB` and `name value` lines; sizes are in bytes. */
export function valuesOf(text: string): ReadonlyMap<string, number> {
  return new Map(
    rowsOf(text).map(([name = "", value, unit]) => [
      name.replace(/:$/, ""),
      Number(value) * (unit === "kB" ? 1_024 : 1),
    ]),
  );
}

/** Ticks of the kernel's clock a second, in which it counts time for programs: 100 everywhere. */
export const TICKS_PER_SECOND = 100;

/** When the host was started. */
export async function bootTimeMs(host: Host): Promise<number> {
  const row = rowsOf(await readProc(host, "stat")).find(([name]) => name === "btime");
  return Number(row?.[1] ?? 0) * 1_000;
}
