import { Labels, labelsTest } from "@clew/query";
import type { Route } from "./config/alertmanager-config.ts";

/** The routes that an alert takes: the deepest that fit, from left to right. */
export function routesOf(route: Route, labels: Labels): readonly Route[] {
  if (!labelsTest(route.matchers)(labels)) return [];
  const found: Route[] = [];
  for (const child of route.routes) {
    const matches = routesOf(child, labels);
    found.push(...matches);
    if (matches.length > 0 && !child.continues) break;
  }
  return found.length > 0 ? found : [route];
}

/** What the alerts of a group have in common by its route. */
export function groupLabelsOf({ groupBy }: Route, labels: Labels): Labels {
  return groupBy === undefined ? labels : labels.keeping(new Set(groupBy));
}
