import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { LogRecord } from "../api/types.ts";
import { useRangeSearch } from "../time/use-time-range.ts";
import { isLiveRecord } from "./live-buffer.ts";

interface TraceLinkProps {
  readonly record: LogRecord;
  readonly className: string;
  readonly title?: string;
  readonly children: ReactNode;
}

/** Leads to a record's trace, with its span and the record itself chosen. */
export function TraceLink({ record, children, ...rest }: TraceLinkProps) {
  const range = useRangeSearch();
  const { traceId, spanId, id } = record;
  const search = {
    ...range,
    ...(spanId === "" ? {} : { span: spanId }),
    ...(isLiveRecord(record) ? {} : { log: id }),
  };
  return (
    <Link
      to="/trace/$traceId"
      params={{ traceId }}
      search={search}
      onClick={(event) => event.stopPropagation()}
      {...rest}
    >
      {children}
    </Link>
  );
}
