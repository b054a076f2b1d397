import { useNavigate } from "@tanstack/react-router";
import type { LogsSearch } from "../../router.tsx";

/** Parameters to set; those that are undefined are taken away. */
export type LogsChange = { readonly [Name in keyof LogsSearch]?: LogsSearch[Name] | undefined };

/** Changes the address's parameters and keeps the others. `replace` leaves no step to go back to. */
export function useChange(): (change: LogsChange, replace?: boolean) => void {
  const navigate = useNavigate({ from: "/logs" });
  return (change, replace = false) => {
    void navigate({ search: (before) => ({ ...before, ...change }) as LogsSearch, replace });
  };
}
