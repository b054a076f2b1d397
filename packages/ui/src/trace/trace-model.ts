/**
 * A trace's spans as a forest, in flat columns so that 50,000 of them are ready in milliseconds.
 * Row `i` of each column is span `i` of the skeleton.
 */
import type { TraceSkeleton } from "../api/types.ts";

export const ROOT = -1;
export const PARENT_MISSING = -2;
export const STATUS_ERROR = 2;

export interface TraceModel {
  readonly skeleton: TraceSkeleton;
  /** How many spans. */
  readonly count: number;
  /** A span, or `ROOT`, or `PARENT_MISSING`, which also stands where parents form a ring. */
  readonly parent: Int32Array;
  /** Children of span `i`, by start: `children[firstChild[i]]` up to `children[firstChild[i + 1] - 1]`. */
  readonly children: Int32Array;
  readonly firstChild: Int32Array;
  /** The spans from top to bottom: parents before children, siblings by start. */
  readonly order: Int32Array;
  /** Where in `order` a span stands. */
  readonly place: Int32Array;
  /** 0 at the top. */
  readonly depth: Int32Array;
  /** The span and all below it. */
  readonly subtreeSpans: Int32Array;
  readonly subtreeErrors: Int32Array;
  /** The span's time in which no child was running. */
  readonly selfNanos: Float64Array;
  /** From the first start to the last end. */
  readonly totalNanos: number;
  readonly errorCount: number;
  readonly maxDepth: number;
  /** The span that names the trace: the first root, or the first span where all roots are missing. */
  readonly root: number;
}

export function buildTrace(skeleton: TraceSkeleton): TraceModel {
  const { spanCount: count, spans } = skeleton;
  const parent = Int32Array.from(spans.parent);
  const byStart = Int32Array.from(spans.parent.keys()).sort((a, b) => startOf(skeleton, a) - startOf(skeleton, b));
  const { children, firstChild } = childrenOf(parent, byStart);
  const order = preorder(parent, byStart, children, firstChild);
  const place = new Int32Array(count);
  order.forEach((span, i) => (place[span] = i));
  const depth = new Int32Array(count);
  for (const span of order) {
    const above = parent[span]!;
    depth[span] = above < 0 ? 0 : depth[above]! + 1;
  }
  const subtreeSpans = new Int32Array(count).fill(1);
  const subtreeErrors = Int32Array.from(spans.status, (status) => (status === STATUS_ERROR ? 1 : 0));
  const errorCount = subtreeErrors.reduce((sum, one) => sum + one, 0);
  for (let i = count - 1; i >= 0; i--) {
    const span = order[i]!;
    const above = parent[span]!;
    if (above < 0) continue;
    subtreeSpans[above]! += subtreeSpans[span]!;
    subtreeErrors[above]! += subtreeErrors[span]!;
  }
  return {
    skeleton,
    count,
    parent,
    children,
    firstChild,
    order,
    place,
    depth,
    subtreeSpans,
    subtreeErrors,
    selfNanos: selfTimes(skeleton, parent, children, firstChild),
    totalNanos: byStart.reduce((latest, span) => Math.max(latest, endOf(skeleton, span)), 1),
    errorCount,
    maxDepth: depth.reduce((deepest, one) => Math.max(deepest, one), 0),
    root: byStart.find((span) => parent[span] === ROOT) ?? byStart[0] ?? 0,
  };
}

/** Nanoseconds from the trace's start. */
export function startOf({ spans }: TraceSkeleton, span: number): number {
  return spans.startOffsetNanos[span] ?? 0;
}

export function durationOf({ spans }: TraceSkeleton, span: number): number {
  return spans.durationNanos[span] ?? 0;
}

export function endOf(skeleton: TraceSkeleton, span: number): number {
  return startOf(skeleton, span) + durationOf(skeleton, span);
}

export function nameOf({ names, spans }: TraceSkeleton, span: number): string {
  return names[spans.name[span] ?? -1] ?? "";
}

export function serviceOf({ services, spans }: TraceSkeleton, span: number): string {
  return services[spans.service[span] ?? -1] ?? "";
}

export function isError({ spans }: TraceSkeleton, span: number): boolean {
  return spans.status[span] === STATUS_ERROR;
}

/** Whether the error came from below, rather than from the span itself. */
export function isPassedOn(model: TraceModel, span: number): boolean {
  return isError(model.skeleton, span) && childrenOfSpan(model, span).some((child) => isError(model.skeleton, child));
}

export function childrenOfSpan({ children, firstChild }: TraceModel, span: number): Int32Array {
  return children.subarray(firstChild[span], firstChild[span + 1]);
}

function childrenOf(
  parent: Int32Array,
  byStart: Int32Array,
): { readonly children: Int32Array; readonly firstChild: Int32Array } {
  const firstChild = new Int32Array(parent.length + 1);
  for (const above of parent) if (above >= 0) firstChild[above + 1]! += 1;
  for (let i = 0; i < parent.length; i++) firstChild[i + 1]! += firstChild[i]!;
  const next = firstChild.slice();
  const children = new Int32Array(firstChild[parent.length]!);
  for (const span of byStart) {
    const above = parent[span]!;
    if (above >= 0) children[next[above]!++] = span;
  }
  return { children, firstChild };
}

/** Marks what no root leads to, since its parents form a ring, as without a parent. */
function preorder(parent: Int32Array, byStart: Int32Array, children: Int32Array, firstChild: Int32Array): Int32Array {
  const order = new Int32Array(parent.length);
  const seen = new Uint8Array(parent.length);
  let length = 0;
  const walk = (top: number): void => {
    const stack = [top];
    for (let span = stack.pop(); span !== undefined; span = stack.pop()) {
      if (seen[span] === 1) continue;
      seen[span] = 1;
      order[length++] = span;
      for (let i = firstChild[span + 1]! - 1; i >= firstChild[span]!; i--) stack.push(children[i]!);
    }
  };
  for (const span of byStart) if (parent[span]! < 0) walk(span);
  for (const span of byStart) {
    if (seen[span] === 1) continue;
    parent[span] = PARENT_MISSING;
    walk(span);
  }
  return order;
}

function selfTimes(
  skeleton: TraceSkeleton,
  parent: Int32Array,
  children: Int32Array,
  firstChild: Int32Array,
): Float64Array {
  return Float64Array.from(parent.keys(), (span) => {
    const end = endOf(skeleton, span);
    let coveredUntil = startOf(skeleton, span);
    let self = 0;
    for (let i = firstChild[span]!; i < firstChild[span + 1]!; i++) {
      const child = children[i]!;
      self += Math.max(0, Math.min(startOf(skeleton, child), end) - coveredUntil);
      coveredUntil = Math.max(coveredUntil, Math.min(endOf(skeleton, child), end));
    }
    return self + Math.max(0, end - coveredUntil);
  });
}
