import { useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";

export interface ViewMemory<State> {
  readonly recall: () => State | undefined;
  readonly keep: (state: State) => void;
}

/**
 * What a view should look like when one comes back to it and the address does not tell: scroll,
 * zoom, what is collapsed. Kept while the page is open; `key` says of which view.
 */
export function useViewMemory<State>(...key: readonly string[]): ViewMemory<State> {
  const client = useQueryClient();
  const joined = key.join(" ");
  return useMemo(() => {
    const queryKey = ["view-memory", joined];
    client.setQueryDefaults(["view-memory"], { gcTime: Number.POSITIVE_INFINITY });
    return {
      recall: () => client.getQueryData<State>(queryKey),
      keep: (state) => void client.setQueryData(queryKey, state),
    };
  }, [client, joined]);
}
