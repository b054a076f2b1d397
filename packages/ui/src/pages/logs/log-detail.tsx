import type { ReactNode } from "react";
import type { KeyValue, LogRecord } from "../../api/types.ts";
import { textOfValue } from "../../attributes/any-value.ts";
import { AttributeTable } from "../../attributes/attribute-table.tsx";
import { CopyButton } from "../../attributes/copy-button.tsx";
import { formatDateTime, millisOf } from "../../format/format.ts";
import { isLiveRecord } from "../../log/live-buffer.ts";
import { severityOf } from "../../log/severity.ts";
import { useSearch } from "@tanstack/react-router";
import { TraceLink } from "../../log/trace-link.tsx";
import { toggled } from "./log-filter.ts";
import { useChange } from "./use-change.ts";
import { useWhole } from "./use-stored-logs.ts";

const ACTION = "inline-flex h-6 items-center rounded-md border border-line bg-surface px-2 text-sm hover:bg-hover";

/** All fields of a record, and where one can go from it. */
export function LogDetail({ record: given }: { readonly record: LogRecord }) {
  const record = useWhole(given);
  const change = useChange();
  const { attr } = useSearch({ from: "/logs" });
  const filter = (condition: string): void => change({ attr: toggled(attr, condition) });
  const { traceId, spanId, attributes, resource, bodyText, body } = record;
  const text = body === undefined ? bodyText : textOfValue(body);
  return (
    <div className="border-y border-line bg-raised py-2 pr-3 pl-[26px]">
      <div className="mb-2 flex flex-wrap items-center gap-2">
        {traceId !== "" && (
          <>
            <TraceLink
              record={record}
              className="inline-flex h-6 items-center rounded-md bg-accent px-2.5 text-sm font-medium text-accent-text"
            >
              Open trace
            </TraceLink>
            <button type="button" className={ACTION} onClick={() => change({ traceId, spanId: undefined })}>
              Only this trace
            </button>
            {spanId !== "" && (
              <button type="button" className={ACTION} onClick={() => change({ traceId, spanId })}>
                Only this span
              </button>
            )}
          </>
        )}
        <CopyButton text={() => JSON.stringify(record, undefined, 2)} label="Copy the record as JSON">
          Copy JSON
        </CopyButton>
      </div>
      <pre className="mb-2 max-h-80 overflow-auto rounded-md border border-line bg-surface px-2.5 py-1.5 font-mono text-sm break-words whitespace-pre-wrap">
        {text === "" ? <span className="text-faint italic">empty body</span> : text}
      </pre>
      <div className="grid gap-3 lg:grid-cols-2">
        <Part title="Attributes">
          {attributes.length > 0 ? (
            <AttributeTable attributes={attributes} onFilter={filter} />
          ) : (
            <p className="px-2 py-1 text-sm text-muted">The record has no attributes.</p>
          )}
        </Part>
        <div className="space-y-3">
          <Part title="Record">
            <AttributeTable attributes={fieldsOf(record)} label="Fields of the record" />
          </Part>
          <Part title="Resource">
            {resource.attributes.length > 0 ? (
              <AttributeTable attributes={resource.attributes} onFilter={filter} label="Resource" />
            ) : (
              <p className="px-2 py-1 text-sm text-muted">
                {isLiveRecord(record) ? "Being stored; it shows in a moment." : "The resource has no attributes."}
              </p>
            )}
          </Part>
        </div>
      </div>
    </div>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="min-w-0">
      <h3 className="mb-1 text-xs font-medium text-muted">{title}</h3>
      <div className="overflow-hidden rounded-md border border-line bg-surface">{children}</div>
    </section>
  );
}

function fieldsOf(record: LogRecord): KeyValue[] {
  const { timestampUnixNano, severityNumber, severityText, eventName, scope, traceId, spanId } = record;
  const severity = severityOf(severityNumber);
  const fields: readonly (readonly [string, string])[] = [
    ["time", formatDateTime(millisOf(timestampUnixNano))],
    ["severity", `${severityText === "" ? severity.name : severityText} (${severityNumber})`],
    ["event name", eventName],
    ["scope", [scope.name, scope.version].filter((part) => part !== undefined && part !== "").join(" ")],
    ["trace id", traceId],
    ["span id", spanId],
  ];
  return fields.filter(([, text]) => text !== "").map(([key, text]) => ({ key, value: { stringValue: text } }));
}
