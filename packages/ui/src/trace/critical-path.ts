/**
 * The critical path: the stretches of time, each in one span, that had to pass before the root
 * could end. Walked back from the root's end, always into the child that ended last.
 */
import { childrenOfSpan, endOf, startOf, type TraceModel } from "./trace-model.ts";

/** Pairs of start and end of a span's own stretches, nanoseconds from the trace's start; spans off the path are absent. */
export type CriticalPath = ReadonlyMap<number, readonly number[]>;

export function criticalPath(model: TraceModel): CriticalPath {
  const path = new Map<number, number[]>();
  if (model.count === 0) return path;
  const { skeleton } = model;
  const pending = [{ span: model.root, until: endOf(skeleton, model.root) }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { span, until: whole } = next;
    const start = startOf(skeleton, span);
    let until = whole;
    const stretches: number[] = [];
    // A child that outlives its parent held it up no longer than until the parent's end.
    const endWithin = (child: number): number => Math.min(endOf(skeleton, child), whole);
    const latestFirst = childrenOfSpan(model, span).toSorted((a, b) => endWithin(b) - endWithin(a));
    for (const child of latestFirst) {
      const childEnd = endWithin(child);
      if (childEnd > until || childEnd <= start) continue;
      if (childEnd < until) stretches.push(childEnd, until);
      pending.push({ span: child, until: childEnd });
      until = Math.max(start, startOf(skeleton, child));
    }
    if (until > start) stretches.push(start, until);
    path.set(span, stretches);
  }
  return path;
}

/** How long the path stays in the span itself. */
export function criticalSelfNanos(path: CriticalPath, span: number): number {
  let sum = 0;
  const stretches = path.get(span) ?? [];
  for (let i = 0; i < stretches.length; i += 2) sum += stretches[i + 1]! - stretches[i]!;
  return sum;
}
