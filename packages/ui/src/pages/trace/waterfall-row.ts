/** One row of the waterfall: its elements, made once, and how they come to show a span. */
import { formatNanos } from "../../format/format.ts";
import { serviceColour } from "../../service/service-colour.ts";
import type { CriticalPath } from "../../trace/critical-path.ts";
import {
  durationOf,
  endOf,
  isError,
  isPassedOn,
  nameOf,
  PARENT_MISSING,
  serviceOf,
  startOf,
  type TraceModel,
} from "../../trace/trace-model.ts";

export const ROW_HEIGHT = 24;
const INDENT_PX = 12;
/** Deeper traces indent less a level, so that names keep their place. */
const MOST_INDENT_PX = 168;
/** Kept free to the right of the time axis, so that the longest bar's label has its place too. */
export const LABEL_PX = 64;
const MOST_TICKS = 24;
const TICK_GAP_PX = 4;

/** The part of the trace's time that is shown; nanoseconds from its start. */
export interface TimeView {
  readonly start: number;
  readonly end: number;
}

export interface LogTick {
  readonly offsetNanos: number;
  readonly isError: boolean;
}

export interface WaterfallState {
  readonly model: TraceModel;
  readonly rows: Int32Array;
  readonly collapsed: ReadonlySet<number>;
  readonly selected: number | undefined;
  readonly path: CriticalPath;
  /** Undefined where nothing is searched for. */
  readonly matches: ReadonlySet<number> | undefined;
  readonly view: TimeView;
  readonly logTicks: ReadonlyMap<string, readonly LogTick[]>;
  readonly hrefOf: (spanId: string) => string;
}

export class WaterfallRow {
  readonly element = make("div", "wf-row");
  /** Which row of the list it shows, -1 for none. */
  index = -1;
  readonly #indent = make("span", "wf-indent");
  readonly #toggle = make("span", "wf-toggle");
  readonly #strip = make("span", "wf-strip");
  readonly #mark = make("span", "wf-mark");
  readonly #link = make("a", "wf-link");
  readonly #service = make("span", "wf-service");
  readonly #name = make("span", "wf-name-text");
  readonly #orphan = make("span", "wf-orphan-chip");
  readonly #time = make("div", "wf-time");
  readonly #bar = make("div", "wf-bar");
  readonly #tail = make("div", "wf-tail");
  readonly #missing = make("div", "wf-missing");
  readonly #label = make("span", "wf-label");
  readonly #marks = make("div", "wf-marks");

  constructor() {
    const { element } = this;
    element.setAttribute("role", "row");
    element.dataset["testid"] = "span-row";
    const name = make("div", "wf-name");
    name.setAttribute("role", "gridcell");
    this.#time.setAttribute("role", "gridcell");
    this.#link.tabIndex = -1;
    this.#mark.textContent = "!";
    this.#mark.setAttribute("role", "img");
    this.#mark.setAttribute("aria-label", "error");
    this.#orphan.textContent = "parent missing";
    this.#orphan.title =
      "This span names a parent that has not arrived: it may be late, sampled out, or from elsewhere";
    this.#missing.title = this.#orphan.title;
    this.#tail.title = "Ran on after its parent had ended";
    this.#link.append(this.#service, this.#name);
    name.append(this.#indent, this.#toggle, this.#strip, this.#mark, this.#link, this.#orphan);
    this.#time.append(this.#missing, this.#bar, this.#tail, this.#marks, this.#label);
    element.append(name, this.#time);
  }

  show(index: number, state: WaterfallState, timelineWidth: number): void {
    const { model, rows, collapsed, selected, matches } = state;
    const { skeleton } = model;
    const span = rows[index]!;
    const spanId = skeleton.spans.spanId[span] ?? "";
    const service = serviceOf(skeleton, span);
    const parent = model.parent[span]!;
    const hasChildren = model.subtreeSpans[span]! > 1;
    const failed = isError(skeleton, span);
    const isCollapsed = collapsed.has(span);
    this.index = index;
    const { element } = this;
    element.style.transform = `translateY(${index * ROW_HEIGHT}px)`;
    element.id = `span-${spanId}`;
    element.dataset["spanId"] = spanId;
    element.dataset["span"] = String(span);
    element.setAttribute("aria-level", String(model.depth[span]! + 1));
    element.setAttribute("aria-rowindex", String(index + 1));
    element.setAttribute("aria-selected", String(span === selected));
    if (hasChildren) element.setAttribute("aria-expanded", String(!isCollapsed));
    else element.removeAttribute("aria-expanded");
    element.classList.toggle("wf-error", failed);
    element.classList.toggle("wf-passed-on", isPassedOn(model, span));
    element.classList.toggle("wf-dim", matches !== undefined && !matches.has(span));
    element.classList.toggle("wf-match", matches?.has(span) === true);
    element.style.setProperty("--bar", serviceColour(service));

    const step = Math.min(INDENT_PX, MOST_INDENT_PX / Math.max(1, model.maxDepth));
    this.#indent.style.width = `${model.depth[span]! * step}px`;
    this.#indent.style.backgroundSize = `${step}px 100%`;
    this.#indent.classList.toggle("wf-guides", step >= 6);
    const hidden = model.subtreeSpans[span]! - 1;
    this.#toggle.textContent = hasChildren ? (isCollapsed ? "▸" : "▾") : "";
    this.#toggle.title = hasChildren ? `${isCollapsed ? "Show" : "Hide"} the ${hidden} below` : "";
    this.#mark.hidden = !failed && !(isCollapsed && model.subtreeErrors[span]! > 0);
    this.#mark.classList.toggle("wf-mark-below", !failed);
    this.#mark.title = failed ? "Failed" : "A span below failed";
    this.#service.textContent =
      parent >= 0 && serviceOf(skeleton, parent) === service ? "" : service || "(no service.name)";
    this.#name.textContent = isCollapsed ? `${nameOf(skeleton, span)}  +${hidden}` : nameOf(skeleton, span);
    this.#link.href = state.hrefOf(spanId);
    this.#link.title = `${service} · ${nameOf(skeleton, span)}`;
    this.#orphan.hidden = parent !== PARENT_MISSING;
    this.place(state, timelineWidth);
  }

  /** Puts the bar and its marks where the time view has them. */
  place(state: WaterfallState, timelineWidth: number): void {
    const { model, rows, view } = state;
    const { skeleton } = model;
    const span = rows[this.index]!;
    const scale = timelineWidth / Math.max(1, view.end - view.start);
    const x = (offset: number): number => (offset - view.start) * scale;
    const start = startOf(skeleton, span);
    const end = endOf(skeleton, span);
    const parent = model.parent[span]!;
    const parentEnd = parent >= 0 ? endOf(skeleton, parent) : end;
    const barEnd = end > parentEnd ? Math.max(start, parentEnd) : end;
    const [left, right] = [x(start), Math.max(x(end), x(start) + 2)];
    stretch(this.#bar, left, Math.max(x(barEnd), left + 2), timelineWidth);
    this.#tail.hidden = end <= parentEnd;
    if (end > parentEnd) stretch(this.#tail, x(barEnd), right, timelineWidth);
    this.#missing.hidden = parent !== PARENT_MISSING;
    if (parent === PARENT_MISSING) stretch(this.#missing, left - 20, left - 2, timelineWidth);
    this.#placeLabel(formatNanos(durationOf(skeleton, span)), left, right, timelineWidth);
    this.#placeMarks(state, span, x, timelineWidth);
  }

  #placeLabel(text: string, left: number, right: number, width: number): void {
    const label = this.#label;
    const [isBefore, isAfter] = [right < 0, left > width + LABEL_PX];
    label.classList.toggle("wf-label-away", isBefore || isAfter);
    // A bar outside the zoomed view is told to which side it lies.
    label.textContent = isBefore ? `‹ ${text}` : isAfter ? `${text} ›` : text;
    const isRight = right <= width + 4;
    const isLeft = !isRight && !isAfter && left - LABEL_PX >= 0;
    label.classList.toggle("wf-label-inside", !isRight && !isLeft && !isAfter);
    label.style.left = isRight ? `${Math.max(0, right) + 6}px` : "";
    label.style.right = isRight ? "" : isLeft ? `${width + LABEL_PX - left + 6}px` : "8px";
  }

  #placeMarks(
    { model, path, logTicks }: WaterfallState,
    span: number,
    x: (offset: number) => number,
    width: number,
  ): void {
    const marks: HTMLElement[] = [];
    const { skeleton } = model;
    const stretches = path.get(span) ?? [];
    for (let i = 0; i < stretches.length; i += 2) {
      const critical = make("i", "wf-critical");
      critical.title = "On the critical path";
      if (stretch(critical, x(stretches[i]!), x(stretches[i + 1]!), width)) marks.push(critical);
    }
    const start = startOf(skeleton, span);
    addTicks(marks, skeleton.spans.events[span] ?? [], "wf-event", (offset) => x(start + offset), width);
    const logs = logTicks.get(skeleton.spans.spanId[span] ?? "") ?? [];
    const offsets = (bad: boolean): number[] => logs.filter((one) => one.isError === bad).map((one) => one.offsetNanos);
    addTicks(marks, offsets(false), "wf-log", x, width);
    addTicks(marks, offsets(true), "wf-log wf-log-error", x, width);
    if (marks.length > 0 || this.#marks.childElementCount > 0) this.#marks.replaceChildren(...marks);
  }
}

/** Marks at these times; those too close to tell apart are one. */
function addTicks(
  marks: HTMLElement[],
  offsets: readonly number[],
  className: string,
  x: (offset: number) => number,
  width: number,
): void {
  let last = Number.NEGATIVE_INFINITY;
  let count = 0;
  for (const offset of offsets) {
    const at = x(offset);
    if (at < 0 || at > width + LABEL_PX || at - last < TICK_GAP_PX || count >= MOST_TICKS) continue;
    const tick = make("i", className);
    tick.style.left = `${at}px`;
    marks.push(tick);
    last = at;
    count++;
  }
}

/** Clips to the timeline, so that a zoomed bar is never wider than the screen. Says whether it is seen. */
function stretch(element: HTMLElement, left: number, right: number, width: number): boolean {
  const from = Math.max(-4, left);
  const to = Math.min(width + LABEL_PX, right);
  const isSeen = to > from;
  element.style.visibility = isSeen ? "" : "hidden";
  if (isSeen) {
    element.style.left = `${from}px`;
    element.style.width = `${to - from}px`;
  }
  return isSeen;
}

function make<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, className: string): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.className = className;
  return element;
}
