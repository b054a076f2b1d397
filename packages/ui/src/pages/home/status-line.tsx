import { formatBytes } from "../../chart/unit.ts";
import { storeWarning } from "./store-warning.ts";
import type { StatusHistory } from "./use-overview.ts";

/** What runs here, where its data lies, and whether the store keeps up. */
export function StatusLine({ history }: { readonly history: StatusHistory | undefined }) {
  if (history === undefined) return null;
  const { version, inMemory, dataDirectory, otlpGrpc, otlpHttp, store } = history.status;
  const warning = storeWarning(history);
  return (
    <footer className="flex h-7 shrink-0 items-center gap-4 overflow-hidden border-t border-line bg-surface px-3 text-xs whitespace-nowrap text-muted">
      <span>Clew {version}</span>
      <span className="truncate">
        {inMemory ? (
          "Data in memory: gone when Clew stops"
        ) : (
          <>
            Data in <span className="font-mono">{dataDirectory}</span>
          </>
        )}
      </span>
      {otlpHttp !== undefined && <Address name="OTLP HTTP" address={otlpHttp} />}
      {otlpGrpc !== undefined && <Address name="OTLP gRPC" address={otlpGrpc} />}
      {warning === undefined ? (
        <span className="ml-auto flex items-center gap-1.5">
          <span aria-hidden className="size-2 rounded-full bg-ok" />
          Store ready
          {store.spoolBytes > 0 && <span className="text-faint">{formatBytes(store.spoolBytes)} on their way</span>}
        </span>
      ) : (
        <span
          role="status"
          className="ml-auto flex items-center gap-1.5 rounded-sm bg-warning-soft px-2 py-0.5 text-text"
        >
          <span aria-hidden className="text-warning">
            ▲
          </span>
          {warning}
        </span>
      )}
    </footer>
  );
}

function Address({ name, address }: { readonly name: string; readonly address: string }) {
  return (
    <span>
      {name} <span className="font-mono">{address.replace(/^https?:\/\//, "")}</span>
    </span>
  );
}
