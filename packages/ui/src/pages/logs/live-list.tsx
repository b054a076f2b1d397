import { useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import type { Parameters } from "../../api/client.ts";
import type { LogRecord } from "../../api/types.ts";
import { formatCount } from "../../format/format.ts";
import { isTyping } from "../../shell/use-shortcuts.ts";
import { LogList, type Selection } from "./log-list.tsx";
import { NewPill } from "./new-pill.tsx";
import { useLiveLogs } from "./use-live-logs.ts";
import { useSelection } from "./use-selection.ts";
import { useStoredLogs } from "./use-stored-logs.ts";

/** What arrives, as it arrives, above what was there before. */
export function LiveList({ filter }: { readonly filter: Parameters }) {
  const { buffer, state, act } = useLiveLogs(filter);
  const { isPaused, shown, waiting, skipped } = buffer;
  const before = useStoredLogs(filter, undefined);
  const records = useMemo(() => joined(shown, before.records), [shown, before.records]);
  const [selection, select] = useSelection();
  const [isFollowing, setFollowing] = useState(true);
  const [isHovered, setHovered] = useState(false);
  const [seen, setSeen] = useState(0);
  const scroller = useRef<HTMLDivElement>(null);
  const toggle = (): void => act({ type: isPaused ? "resume" : "pause" });
  useSpace(toggle);
  const count = buffer.count - waiting.length;
  const follow = (isNow: boolean): void => {
    if (isNow === isFollowing) return;
    setFollowing(isNow);
    setSeen(count);
  };
  const hover = (isNow: boolean): void => {
    setHovered(isNow);
    if (isFollowing) setSeen(count);
  };
  const choose = (next: Selection): void => {
    if (next.id !== undefined) follow(false);
    select(next);
  };
  const unseen = isFollowing && !isHovered ? 0 : count - seen;
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <div className="flex h-8 shrink-0 items-center gap-3 border-b border-line px-3 text-sm" aria-live="polite">
        <button
          type="button"
          onClick={toggle}
          className="h-6 rounded-md border border-line bg-surface px-2.5 font-medium hover:bg-hover"
        >
          {isPaused ? "▶ Resume" : "❚❚ Pause"} <kbd className="ml-1 font-sans text-xs text-faint">Space</kbd>
        </button>
        <span className={isPaused ? "font-medium" : "text-muted"}>
          {isPaused
            ? `Paused, ${formatCount(waiting.length)} waiting`
            : state === "open"
              ? `Live, ${formatCount(buffer.count)} arrived`
              : state === "connecting"
                ? "Connecting…"
                : "The connection was lost; trying again…"}
        </span>
        {skipped > 0 && (
          <span className="text-warning">
            ▲ {formatCount(skipped)} more arrived than a tail can show; a search finds them
          </span>
        )}
      </div>
      <div className="relative flex min-h-0 flex-1 flex-col">
        {unseen > 0 && (
          <NewPill
            count={unseen}
            onPress={() => {
              follow(true);
              choose({ id: undefined, isExpanded: false });
              scroller.current?.scrollTo({ top: 0 });
            }}
          />
        )}
        <LogList
          records={records}
          selection={selection}
          onSelect={choose}
          onEndNear={before.loadMore}
          follow={{ isFollowing, onFollow: follow, isHovered, onHover: hover }}
          footer={
            records.length === 0 ? (
              <p className="p-6 text-center text-muted">Nothing yet. What arrives shows here by itself.</p>
            ) : null
          }
          scroller={scroller}
        />
      </div>
    </div>
  );
}

/** The stream on top of the search. A record that both have is taken once. */
function joined(live: readonly LogRecord[], stored: readonly LogRecord[]): readonly LogRecord[] {
  const newest = BigInt(stored[0]?.timestampUnixNano ?? 0);
  const known = new Set(stored.slice(0, 1_000).map(sameKey));
  const isNew = (record: LogRecord): boolean =>
    BigInt(record.timestampUnixNano) > newest || !known.has(sameKey(record));
  return [...live.filter(isNew), ...stored];
}

function sameKey({ timestampUnixNano, service, spanId, bodyText }: LogRecord): string {
  return `${timestampUnixNano} ${service} ${spanId} ${bodyText}`;
}

/** Space pauses and resumes, unless it is pressed on something that takes it. */
function useSpace(onPress: () => void): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const isOnControl = event.target instanceof HTMLElement && event.target.closest("button, a") !== null;
    if (event.key !== " " || isTyping(event.target) || isOnControl) return;
    event.preventDefault();
    onPress();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => onKey(event);
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  }, []);
}
