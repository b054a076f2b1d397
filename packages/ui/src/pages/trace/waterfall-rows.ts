/**
 * The waterfall's rows: as many elements as fit on the screen, each used again for another span
 * as it scrolls. No framework works while scrolling or zooming: only what changes is written.
 */
import { ROW_HEIGHT, WaterfallRow, type TimeView, type WaterfallState } from "./waterfall-row.ts";

/** Rows above and below the screen that are ready before they are seen. */
const SPARE_ROWS = 6;

export class WaterfallRows {
  readonly #scroller: HTMLElement;
  readonly #body: HTMLElement;
  #pool: WaterfallRow[] = [];
  #state: WaterfallState | undefined;
  #width = 0;

  constructor(scroller: HTMLElement, body: HTMLElement) {
    this.#scroller = scroller;
    this.#body = body;
  }

  /** Shows another state, drawing only what differs from the one before. */
  update(state: WaterfallState, timelineWidth: number): void {
    const before = this.#state;
    this.#state = state;
    this.#width = timelineWidth;
    this.#body.style.height = `${state.rows.length * ROW_HEIGHT}px`;
    if (before !== undefined && onlyViewDiffers(before, state))
      for (const row of this.#shown()) row.place(state, timelineWidth);
    else for (const row of this.#pool) row.index = -1;
    this.scrolled();
  }

  /** Call when the scroller has moved or has another height. */
  scrolled(): void {
    const state = this.#state;
    if (state === undefined) return;
    const count = Math.ceil(this.#scroller.clientHeight / ROW_HEIGHT) + 2 * SPARE_ROWS;
    if (count > this.#pool.length) this.#grow(count);
    const size = this.#pool.length;
    const first = Math.max(0, Math.floor(this.#scroller.scrollTop / ROW_HEIGHT) - SPARE_ROWS);
    for (let index = first; index < first + size; index++) {
      const row = this.#pool[index % size]!;
      if (index >= state.rows.length) hide(row);
      else if (row.index !== index) {
        row.element.hidden = false;
        row.show(index, state, this.#width);
      }
    }
  }

  /** Scrolls no further than needed to have the span in sight, with some rows around it. */
  reveal(span: number, headerHeight: number): void {
    const index = this.#state?.rows.indexOf(span) ?? -1;
    if (index === -1) return;
    const { scrollTop, clientHeight } = this.#scroller;
    const top = index * ROW_HEIGHT;
    const height = clientHeight - headerHeight;
    const margin = Math.min(3 * ROW_HEIGHT, height / 4);
    const isFar = top < scrollTop - height || top > scrollTop + 2 * height;
    if (isFar) this.#scroller.scrollTop = top - height / 3;
    else if (top < scrollTop + margin) this.#scroller.scrollTop = top - margin;
    else if (top + ROW_HEIGHT > scrollTop + height - margin)
      this.#scroller.scrollTop = top + ROW_HEIGHT + margin - height;
    this.scrolled();
  }

  #shown(): WaterfallRow[] {
    return this.#pool.filter(({ index }) => index >= 0 && index < (this.#state?.rows.length ?? 0));
  }

  /** Another pool size puts every row elsewhere. */
  #grow(count: number): void {
    while (this.#pool.length < count) {
      const row = new WaterfallRow();
      this.#pool.push(row);
      this.#body.append(row.element);
    }
    for (const row of this.#pool) row.index = -1;
  }
}

function hide(row: WaterfallRow): void {
  row.index = -1;
  row.element.hidden = true;
}

function onlyViewDiffers(a: WaterfallState, b: WaterfallState): boolean {
  const keys = Object.keys(b) as (keyof WaterfallState)[];
  return keys.every((key) => key === "view" || a[key] === b[key]);
}

/** The view about `at`, `factor` times as wide, within the trace and never under a microsecond. */
export function zoomed(view: TimeView, at: number, factor: number, totalNanos: number): TimeView {
  const width = Math.min(totalNanos, Math.max(1_000, (view.end - view.start) * factor));
  const share = (at - view.start) / (view.end - view.start);
  return within({ start: at - share * width, end: at + (1 - share) * width }, totalNanos);
}

/** Moved so that it does not look past the trace's ends. */
export function within({ start, end }: TimeView, totalNanos: number): TimeView {
  const width = Math.min(end - start, totalNanos);
  const from = Math.max(0, Math.min(start, totalNanos - width));
  return { start: from, end: from + width };
}
