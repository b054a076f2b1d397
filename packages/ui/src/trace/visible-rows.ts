/** Which spans are rows of the waterfall, and which of them match a search. */
import { isError, nameOf, serviceOf, type TraceModel } from "./trace-model.ts";

/** The spans from top to bottom, without those below a collapsed one. */
export function visibleRows(model: TraceModel, collapsed: ReadonlySet<number>): Int32Array {
  if (collapsed.size === 0) return model.order;
  const rows = new Int32Array(model.count);
  let length = 0;
  for (let i = 0; i < model.count;) {
    const span = model.order[i]!;
    rows[length++] = span;
    i += collapsed.has(span) ? model.subtreeSpans[span]! : 1;
  }
  return rows.subarray(0, length);
}

/** What stays collapsed when the span shall be seen. The same set where nothing changes. */
export function revealed(model: TraceModel, collapsed: ReadonlySet<number>, span: number): ReadonlySet<number> {
  const above = ancestors(model, span).filter((ancestor) => collapsed.has(ancestor));
  return above.length === 0 ? collapsed : new Set([...collapsed].filter((one) => !above.includes(one)));
}

/** From the parent up. */
export function ancestors({ parent }: TraceModel, span: number): number[] {
  const found: number[] = [];
  for (let above = parent[span] ?? -1; above >= 0; above = parent[above]!) found.push(above);
  return found;
}

/** Every span that has children, but not those at the top: what "collapse all" collapses. */
export function collapsible({ order, depth, subtreeSpans }: TraceModel): ReadonlySet<number> {
  return new Set(order.filter((span) => depth[span]! > 0 && subtreeSpans[span]! > 1));
}

/** The spans, from top to bottom, whose name or service has all words of the text; undefined for no text. */
export function matchingSpans(model: TraceModel, text: string): readonly number[] | undefined {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return undefined;
  const { skeleton } = model;
  const known = new Map<string, boolean>();
  return [...model.order].filter((span) => {
    const key = `${skeleton.spans.service[span]} ${skeleton.spans.name[span]}`;
    let matches = known.get(key);
    if (matches === undefined) {
      const label = `${serviceOf(skeleton, span)} ${nameOf(skeleton, span)}`.toLowerCase();
      known.set(key, (matches = words.every((word) => label.includes(word))));
    }
    return matches;
  });
}

export function errorSpans({ order, skeleton }: TraceModel): readonly number[] {
  return [...order].filter((span) => isError(skeleton, span));
}

/** The one of `spans`, which stand from top to bottom, that is next below (1) or above (-1) `from`; goes round at the end. */
export function nextOf(
  { place }: TraceModel,
  spans: readonly number[],
  from: number | undefined,
  step: 1 | -1,
): number | undefined {
  const at = from === undefined ? -1 : place[from]!;
  return step === 1
    ? (spans.find((span) => place[span]! > at) ?? spans[0])
    : (spans.findLast((span) => place[span]! < at) ?? spans.at(-1));
}
