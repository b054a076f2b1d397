import { lazy, Suspense } from "react";
import type { Status } from "../api/types.ts";

const SendDataPanel = lazy(async () => import("./send-data-panel.tsx"));

/** How to send telemetry here; loaded only where there is none yet. */
export function SendData({ status }: { readonly status: Status }) {
  return (
    <Suspense>
      <SendDataPanel status={status} />
    </Suspense>
  );
}
