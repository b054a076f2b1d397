/** Goes through a payload's records of one kind. */
import { pointsOf, type TelemetryView } from "@clew/otlp";
import type { Context } from "./context.ts";
import type { ContextName } from "./contexts.ts";

/** Puts `context` on each record in turn. Metrics that are added meanwhile are visited too. */
export function forEachRecord(view: TelemetryView, name: ContextName, context: Context, visit: () => void): void {
  for (const resources of view.resources) {
    context.resources = resources;
    if (name === "resource") {
      visit();
      continue;
    }
    for (const scopes of view.scopesOf(resources)) {
      context.scopes = scopes;
      if (name === "scope") visit();
      else forEachInScope(view, name, context, visit);
    }
  }
}

function forEachInScope(view: TelemetryView, name: ContextName, context: Context, visit: () => void): void {
  for (let i = 0; i < view.recordsOf(context.scopes).length; i++) {
    context.record = view.recordsOf(context.scopes)[i]!;
    if (name === "spanevent") forEachItem(context, context.record.many("events"), visit);
    else if (name === "datapoint") forEachItem(context, pointsOf(context.record), visit);
    else if (name === "exemplar") forEachExemplar(context, visit);
    else visit();
  }
}

function forEachItem(context: Context, items: readonly Context["item"][], visit: () => void): void {
  for (const [i, item] of items.entries()) {
    context.item = item;
    context.itemIndex = i;
    visit();
  }
}

function forEachExemplar(context: Context, visit: () => void): void {
  for (const point of pointsOf(context.record)) {
    if (point.type.byName["exemplars"] === undefined) continue;
    context.item = point;
    for (const exemplar of point.many("exemplars")) {
      context.exemplar = exemplar;
      visit();
    }
  }
}
