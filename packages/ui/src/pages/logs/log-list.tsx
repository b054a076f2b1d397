import { useEffect, useEffectEvent, useLayoutEffect, useRef, useState, type ReactNode, type RefObject } from "react";
import type { LogRecord } from "../../api/types.ts";
import { useRows } from "../../chart/use-rows.ts";
import { millisOf } from "../../format/format.ts";
import { LogDetail } from "./log-detail.tsx";
import { LogRow } from "./log-row.tsx";
import { useListKeys } from "./use-list-keys.ts";

const ROW_PX = 24;
/** The next page is asked for when so many rows are left below. */
const ROWS_AHEAD = 60;

export interface Selection {
  readonly id: string | undefined;
  readonly isExpanded: boolean;
}

export interface Follow {
  /** False once the list was scrolled, or a record chosen. */
  readonly isFollowing: boolean;
  readonly onFollow: (isFollowing: boolean) => void;
  /** The pointer is over the list, whose rows then stay under it. */
  readonly isHovered: boolean;
  readonly onHover: (isHovered: boolean) => void;
}

interface LogListProps {
  readonly records: readonly LogRecord[];
  readonly selection: Selection;
  readonly onSelect: (selection: Selection) => void;
  readonly onEndNear: () => void;
  /** Stands below the last row. */
  readonly footer: ReactNode;
  /** Given, the list follows what is put before its first row; otherwise the rows in view stay where they are. */
  readonly follow?: Follow;
  readonly scroller: RefObject<HTMLDivElement | null>;
}

/** Records on rows of 24 px, one of which may be open. */
export function LogList({ records, selection, onSelect, onEndNear, footer, follow, scroller }: LogListProps) {
  const rows = useRows({
    count: records.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => records[index]?.id ?? index,
    overscan: 20,
  });
  const items = rows.getVirtualItems();
  const [today] = useState(() => new Date().toDateString());
  const isDated = [records[0], records.at(-1)].some((record) => record !== undefined && dayOf(record) !== today);
  const last = items.at(-1)?.index ?? 0;
  const count = records.length;
  const endNear = useEffectEvent(onEndNear);
  useEffect(() => {
    if (count > 0 && last > count - ROWS_AHEAD) endNear();
  }, [last, count]);
  useHeldRows(scroller, records, follow);
  useListKeys(records, selection, onSelect);
  useScrollToSelected(records, selection.id, (index) => rows.scrollToIndex(index, { align: "auto" }));
  return (
    <div
      ref={scroller}
      role="treegrid"
      aria-label="Log records, newest first"
      aria-rowcount={records.length}
      aria-activedescendant={selection.id === undefined ? undefined : `log-${selection.id}`}
      tabIndex={0}
      className="min-h-0 flex-1 overflow-y-auto bg-surface outline-offset-[-2px]"
      style={{ overflowAnchor: "none" }}
    >
      <div role="rowgroup" className="relative" style={{ height: rows.getTotalSize() }}>
        {items.map((item) => {
          const record = records[item.index];
          if (record === undefined) return null;
          const isSelected = record.id === selection.id;
          const isOpen = isSelected && selection.isExpanded;
          return (
            <div
              key={item.key}
              ref={rows.measureElement}
              id={`log-${record.id}`}
              data-index={item.index}
              data-testid="log-record"
              role="row"
              aria-level={1}
              aria-rowindex={item.index + 1}
              aria-selected={isSelected}
              aria-expanded={isOpen}
              className="absolute inset-x-0 top-0"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              {/* oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- j, k and Enter do the same */}
              <div
                onClick={() => {
                  if (!isSelectingText()) onSelect({ id: record.id, isExpanded: !isOpen });
                }}
              >
                <LogRow record={record} isSelected={isSelected} isDated={isDated} />
              </div>
              {isOpen && <LogDetail record={record} />}
            </div>
          );
        })}
      </div>
      {footer}
    </div>
  );
}

function dayOf({ timestampUnixNano }: LogRecord): string {
  return new Date(millisOf(timestampUnixNano)).toDateString();
}

/** A drag over text that ends in a row is no click on it. */
function isSelectingText(): boolean {
  return getSelection()?.isCollapsed === false;
}

/** Scrolls once to the record that is chosen, as soon as it is in the list. */
function useScrollToSelected(
  records: readonly LogRecord[],
  id: string | undefined,
  scrollTo: (index: number) => void,
): void {
  const isThere = id !== undefined && records.some((record) => record.id === id);
  const scroll = useEffectEvent((sought: string) => scrollTo(records.findIndex((record) => record.id === sought)));
  useEffect(() => {
    if (isThere) scroll(id);
  }, [id, isThere]);
}

/** What is put before the first row pushes nothing away from under the pointer, nor out of a view that was scrolled. */
function useHeldRows(
  scroller: RefObject<HTMLDivElement | null>,
  records: readonly LogRecord[],
  follow: Follow | undefined,
): void {
  const first = records[0]?.id;
  const firstBefore = useRef(first);
  const place = useEffectEvent((firstNow: string | undefined) => {
    const element = scroller.current;
    const added = records.findIndex(({ id }) => id === firstBefore.current);
    firstBefore.current = firstNow;
    if (element === null || follow === undefined || added <= 0) return;
    if (follow.isFollowing && !follow.isHovered) element.scrollTo({ top: 0 });
    else element.scrollBy({ top: added * ROW_PX });
  });
  useLayoutEffect(() => place(first), [first]);
  const hovered = useEffectEvent((element: HTMLDivElement, isHovered: boolean) => {
    follow?.onHover(isHovered);
    if (!isHovered && follow?.isFollowing === true) element.scrollTo({ top: 0 });
  });
  const wheeled = useEffectEvent((element: HTMLDivElement) => follow?.onFollow(element.scrollTop < ROW_PX));
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const enter = (): void => hovered(element, true);
    const leave = (): void => hovered(element, false);
    const wheel = (): void => void requestAnimationFrame(() => wheeled(element));
    element.addEventListener("pointerenter", enter);
    element.addEventListener("pointerleave", leave);
    element.addEventListener("wheel", wheel, { passive: true });
    return () => {
      element.removeEventListener("pointerenter", enter);
      element.removeEventListener("pointerleave", leave);
      element.removeEventListener("wheel", wheel);
    };
  }, [scroller]);
}
