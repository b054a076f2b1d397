import { useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import type { Parameters } from "../../api/client.ts";
import type { LogRecord } from "../../api/types.ts";
import { formatDateTime, millisOf } from "../../format/format.ts";
import { Failure } from "../../shell/failure.tsx";
import { LogDetail } from "./log-detail.tsx";
import { isFiltered, NO_FILTER } from "./log-filter.ts";
import { LogList } from "./log-list.tsx";
import { LogRow } from "./log-row.tsx";
import { NewPill } from "./new-pill.tsx";
import { useChange } from "./use-change.ts";
import { useSelection } from "./use-selection.ts";
import { useRecord, useStoredLogs, type StoredLogs } from "./use-stored-logs.ts";

/** What a search found. Newer records wait behind a pill, so that nothing moves while it is read. */
export function StoredList({
  filter,
  onRecords,
}: {
  readonly filter: Parameters;
  readonly onRecords: (records: readonly LogRecord[]) => void;
}) {
  const search = useSearch({ from: "/logs" });
  const [sought] = useState(search.log);
  const [selection, select] = useSelection();
  const logs = useStoredLogs(filter, sought);
  const { records, newer, refresh, isLoading } = logs;
  const scroller = useRef<HTMLDivElement>(null);
  useEffect(() => onRecords(records), [records, onRecords]);
  const isListed = selection.id !== undefined && records.some(({ id }) => id === selection.id);
  const isElsewhere = selection.id === sought && selection.isExpanded && !isListed && !isLoading && !logs.isSeeking;
  const elsewhere = useRecord(isElsewhere ? selection.id : undefined).data;
  const showNewer = (): void => {
    refresh();
    scroller.current?.scrollTo({ top: 0 });
  };
  if (logs.error !== null) return <Failure error={logs.error} />;
  if (!isLoading && records.length === 0 && elsewhere === undefined) {
    return <Nothing newer={newer} onRefresh={showNewer} />;
  }
  return (
    <div className={`relative flex min-h-0 flex-1 flex-col ${logs.isStale ? "opacity-60" : ""}`}>
      {newer > 0 && <NewPill count={newer} onPress={showNewer} />}
      {elsewhere !== undefined && elsewhere !== null && (
        <div className="max-h-[60%] shrink-0 overflow-y-auto border-b border-line-strong">
          <p className="px-3 py-1 text-sm text-muted">
            This record of {formatDateTime(millisOf(elsewhere.timestampUnixNano))} is not among those below.
          </p>
          <LogRow record={elsewhere} isSelected isDated />
          <LogDetail record={elsewhere} />
        </div>
      )}
      <LogList
        records={records}
        selection={selection}
        onSelect={select}
        onEndNear={logs.loadMore}
        footer={<Footer logs={logs} />}
        scroller={scroller}
      />
    </div>
  );
}

function Footer({ logs: { records, hasMore, isLoading } }: { readonly logs: StoredLogs }) {
  const text = isLoading
    ? "Looking…"
    : hasMore
      ? "Reading on…"
      : `${records.length} ${records.length === 1 ? "record" : "records"}: that is all in this time range`;
  return <p className="px-3 py-2 text-center text-sm text-faint">{text}</p>;
}

function Nothing({ newer, onRefresh }: { readonly newer: number; readonly onRefresh: () => void }) {
  const search = useSearch({ from: "/logs" });
  const change = useChange();
  useEffect(() => {
    if (newer > 0) onRefresh();
  });
  return (
    <div className="grid flex-1 place-items-center p-6 text-center text-muted">
      {isFiltered(search) ? (
        <div>
          <p className="mb-2">No record in this time range matches all of the filters.</p>
          <button
            type="button"
            onClick={() => change(NO_FILTER)}
            className="rounded-md border border-line bg-surface px-3 py-1 text-text hover:bg-hover"
          >
            Clear the filters
          </button>
        </div>
      ) : (
        <p>
          Nothing was logged in this time range.
          <br />
          Widen the range above, or see Home for how to send logs. This page fills by itself.
        </p>
      )}
    </div>
  );
}
