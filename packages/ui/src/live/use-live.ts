import { useEffect, useRef, useState } from "react";
import { queryOf, type Parameters } from "../api/client.ts";

export type LiveState = "connecting" | "open" | "lost";

/**
 * Listens to `/api/clew/v1/live` while `parameters` is given and calls `onItem` with each
 * item of the signal, and `onSkipped` with how many were left out. Reconnects by itself.
 */
export function useLive<Item>(
  parameters: Parameters | undefined,
  onItem: (item: Item) => void,
  onSkipped: (count: number) => void = () => {},
): LiveState {
  const [state, setState] = useState<LiveState>("connecting");
  const handlers = useRef({ onItem, onSkipped });
  handlers.current = { onItem, onSkipped };
  const query = parameters === undefined ? undefined : queryOf(parameters);
  useEffect(() => {
    if (query === undefined) return undefined;
    const source = new EventSource(`/api/clew/v1/live${query}`);
    const onData = (event: MessageEvent<string>): void => handlers.current.onItem(JSON.parse(event.data) as Item);
    source.addEventListener("ready", () => setState("open"));
    source.addEventListener("log", onData);
    source.addEventListener("span", onData);
    source.addEventListener("skipped", (event: MessageEvent<string>) => {
      handlers.current.onSkipped((JSON.parse(event.data) as { count: number }).count);
    });
    source.addEventListener("error", () => setState("lost"));
    return () => {
      source.close();
      setState("connecting");
    };
  }, [query]);
  return state;
}
