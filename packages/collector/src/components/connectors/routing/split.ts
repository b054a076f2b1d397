/** Parts a payload in what a route matches, and the rest. */
import { dataOf, TelemetryView, type MessageView, type Payload } from "@clew/otlp";
import { Context } from "../../../ottl/context.ts";
import type { Route, RouteContext } from "./routes.ts";

export interface Parts {
  readonly matched: Payload | undefined;
  readonly rest: Payload | undefined;
}

const SIGNAL_OF: Readonly<Partial<Record<RouteContext, Payload["signal"]>>> = {
  span: "traces",
  metric: "metrics",
  datapoint: "metrics",
  log: "logs",
};

/** A route for records of another signal matches nothing. Throws whatever `matches` does. */
export function split(payload: Payload, route: Route, matches: (context: Context) => boolean): Parts {
  const signal = SIGNAL_OF[route.context];
  if (signal !== undefined && signal !== payload.signal) return { matched: undefined, rest: payload };
  const context = new Context();
  context.client = payload.client;
  if (route.context === "request" || route.context === "otelcol") {
    return matches(context) ? { matched: payload, rest: undefined } : { matched: undefined, rest: payload };
  }
  const answers: boolean[] = [];
  const matched = retained(payload, route.context, context, () => {
    const isMatch = matches(context);
    answers.push(isMatch);
    return isMatch;
  });
  if (!answers.includes(true)) return { matched: undefined, rest: payload };
  let i = 0;
  return { matched, rest: retained(payload, route.context, context, () => answers[i++] === false) };
}

/** What is left of a payload when only some records of a kind are kept. */
function retained(
  payload: Payload,
  kind: Exclude<RouteContext, "request" | "otelcol">,
  context: Context,
  isKept: () => boolean,
): Payload | undefined {
  const view = new TelemetryView(payload);
  if (kind === "resource") {
    view.retain({
      resource(resources) {
        context.resources = resources;
        return isKept();
      },
    });
    return view.payload();
  }
  view.retain({
    record(record, scopes, resources) {
      Object.assign(context, { record, scopes, resources });
      return kind === "datapoint" ? retainPoints(record, context, isKept) : isKept();
    },
  });
  return view.payload();
}

/** Whether the metric has any data points left. */
function retainPoints(metric: MessageView, context: Context, isKept: () => boolean): boolean {
  const data = dataOf(metric);
  if (data === undefined) return false;
  let index = 0;
  metric.one(data).retain("dataPoints", (point) => {
    context.item = point;
    context.itemIndex = index++;
    return isKept();
  });
  return metric.one(data).many("dataPoints").length > 0;
}
