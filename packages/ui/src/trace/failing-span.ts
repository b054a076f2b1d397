import { criticalSelfNanos, type CriticalPath } from "./critical-path.ts";
import { isError, isPassedOn, type TraceModel } from "./trace-model.ts";

/**
 * The span to look at first: the deepest error none of whose children failed; without errors
 * the one with the most time of its own on the critical path; else the root.
 */
export function failingSpan(model: TraceModel, path: CriticalPath): number {
  return deepestError(model) ?? slowest(path) ?? model.root;
}

function deepestError(model: TraceModel): number | undefined {
  let found: number | undefined;
  for (const span of model.order) {
    if (!isError(model.skeleton, span) || isPassedOn(model, span)) continue;
    if (found === undefined || model.depth[span]! > model.depth[found]!) found = span;
  }
  return found;
}

function slowest(path: CriticalPath): number | undefined {
  let found: number | undefined;
  let most = 0;
  for (const span of path.keys()) {
    const self = criticalSelfNanos(path, span);
    if (self > most) [found, most] = [span, self];
  }
  return found;
}
