/** The views and their addresses. Every parameter of a view is declared here, and nowhere else. */
import { createRootRoute, createRoute, createRouter } from "@tanstack/react-router";
import { HomePage } from "./pages/home/home-page.tsx";
import { LogsPage } from "./pages/logs/logs-page.tsx";
import { MetricsPage } from "./pages/metrics/metrics-page.tsx";
import { NotFoundPage } from "./pages/not-found-page.tsx";
import { TracePage } from "./pages/trace/trace-page.tsx";
import { TracesPage } from "./pages/traces/traces-page.tsx";
import { listOf, parseSearch, stringifySearch, textOf } from "./search-params.ts";
import { Layout } from "./shell/layout.tsx";

type Input = Readonly<Record<string, unknown>>;

/** The time range, which every view keeps. See `time/time-range.ts`. */
export interface RangeSearch {
  readonly from?: string;
  readonly to?: string;
}

export interface TracesSearch extends RangeSearch {
  readonly service?: string;
  readonly operation?: string;
  /** `key=value`, as docs/api.md tells `attr`. */
  readonly attr?: readonly string[];
  readonly minDuration?: string;
  readonly maxDuration?: string;
  /** "true" for traces with errors only. */
  readonly error?: string;
}

export interface TraceSearch extends RangeSearch {
  /** The selected span's id. */
  readonly span?: string;
  readonly tab?: string;
  /** Whose logs are shown: span, subtree, trace. */
  readonly scope?: string;
  /** The selected log record's id. */
  readonly log?: string;
}

export interface LogsSearch extends RangeSearch {
  readonly q?: string;
  readonly service?: readonly string[];
  /** The least severity number. */
  readonly severity?: string;
  readonly attr?: readonly string[];
  readonly traceId?: string;
  readonly spanId?: string;
  /** "true" while the list follows what arrives. */
  readonly live?: string;
  /** The selected record's id. */
  readonly log?: string;
}

export interface MetricsSearch extends RangeSearch {
  /** PromQL. */
  readonly q?: string;
  /** Text that the catalogue is searched for. */
  readonly find?: string;
}

const rootRoute = createRootRoute({ component: Layout, notFoundComponent: NotFoundPage });

export const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  component: HomePage,
  validateSearch: (search: Input): RangeSearch => rangeOf(search),
});

export const tracesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/traces",
  component: TracesPage,
  validateSearch: (search: Input): TracesSearch => ({
    ...rangeOf(search),
    ...texts(search, ["service", "operation", "minDuration", "maxDuration", "error"]),
    ...lists(search, ["attr"]),
  }),
});

export const traceRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/trace/$traceId",
  component: TracePage,
  validateSearch: (search: Input): TraceSearch => ({
    ...rangeOf(search),
    ...texts(search, ["span", "tab", "scope", "log"]),
  }),
});

export const logsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/logs",
  component: LogsPage,
  validateSearch: (search: Input): LogsSearch => ({
    ...rangeOf(search),
    ...texts(search, ["q", "severity", "traceId", "spanId", "live", "log"]),
    ...lists(search, ["service", "attr"]),
  }),
});

export const metricsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/metrics",
  component: MetricsPage,
  validateSearch: (search: Input): MetricsSearch => ({ ...rangeOf(search), ...texts(search, ["q", "find"]) }),
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([homeRoute, tracesRoute, traceRoute, logsRoute, metricsRoute]),
  parseSearch,
  stringifySearch,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

function rangeOf(search: Input): RangeSearch {
  return texts(search, ["from", "to"]);
}

function texts<Name extends string>(search: Input, names: readonly Name[]): { readonly [K in Name]?: string } {
  const found: { [K in Name]?: string } = {};
  for (const name of names) {
    const text = textOf(search[name]);
    if (text !== undefined) found[name] = text;
  }
  return found;
}

function lists<Name extends string>(
  search: Input,
  names: readonly Name[],
): { readonly [K in Name]?: readonly string[] } {
  const found: { [K in Name]?: readonly string[] } = {};
  for (const name of names) {
    const list = listOf(search[name]);
    if (list.length > 0) found[name] = list;
  }
  return found;
}
