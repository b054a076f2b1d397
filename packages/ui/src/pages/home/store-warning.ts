import { formatBytes } from "../../chart/unit.ts";
import type { StatusHistory } from "./use-overview.ts";

/** So much may wait to be stored without anything being wrong. */
const MUCH_SPOOLED_BYTES = 32 * 2 ** 20;
/** So many answers in a row must show growth. */
const GROWING_ANSWERS = 4;

/** What is wrong with the store, undefined where nothing is. */
export function storeWarning({ status, spoolBytes }: StatusHistory): string | undefined {
  const { engineReady, warnings } = status.store;
  const waiting = spoolBytes.at(-1) ?? 0;
  if (!engineReady)
    return `The engine is not ready: what arrives is kept (${formatBytes(waiting)}) and will show later`;
  if (warnings[0] !== undefined) return sentenceOf(warnings[0]);
  if (waiting > MUCH_SPOOLED_BYTES) return `${formatBytes(waiting)} wait to be stored`;
  if (isGrowing(spoolBytes)) return `What waits to be stored grows: ${formatBytes(waiting)}`;
  return undefined;
}

function sentenceOf(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function isGrowing(spoolBytes: readonly number[]): boolean {
  const last = spoolBytes.slice(-GROWING_ANSWERS);
  return last.length === GROWING_ANSWERS && last.every((bytes, i) => i === 0 || bytes > (last[i - 1] ?? 0));
}
