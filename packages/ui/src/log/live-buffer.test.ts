import { expect, test } from "vitest";
import type { LiveLog } from "../api/types.ts";
import { EMPTY_BUFFER, liveBuffer, MAX_RECORDS, type LiveAction, type LiveBuffer } from "./live-buffer.ts";

const log = (bodyText: string): LiveLog => ({
  timestampUnixNano: String(bodyText.codePointAt(0)),
  service: "a",
  scope: "",
  severityNumber: 9,
  severityText: "INFO",
  bodyText,
  eventName: "",
  traceId: "",
  spanId: "",
  attributes: {},
});
const arrived = (texts: readonly string[], skipped = 0): LiveAction => ({
  type: "arrived",
  logs: texts.map(log),
  skipped,
});
const play = (...actions: readonly LiveAction[]): LiveBuffer => actions.reduce(liveBuffer, EMPTY_BUFFER);
const texts = (buffer: LiveBuffer): string[] => buffer.shown.map(({ bodyText }) => bodyText);

test("shows the newest of what comes at once first, above all that came before, each under an id of its own", () => {
  const buffer = play(arrived(["c", "d", "b"]), arrived(["a"]));
  expect(texts(buffer)).toEqual(["a", "d", "c", "b"]);
  expect(new Set(buffer.shown.map(({ id }) => id)).size).toBe(4);
});

test("keeps what arrives while paused, and shows it on resuming", () => {
  const paused = play(arrived(["a"]), { type: "pause" }, arrived(["b"]), arrived(["c"]));
  expect(texts(paused)).toEqual(["a"]);
  expect(paused.waiting).toHaveLength(2);
  expect(texts(liveBuffer(paused, { type: "resume" }))).toEqual(["c", "b", "a"]);
});

test("counts what was left out, by the server and for want of room", () => {
  const many = Array.from({ length: MAX_RECORDS + 2 }, String);
  expect(play({ type: "pause" }, arrived(many, 3))).toMatchObject({ skipped: 5 });
  expect(play(arrived(many)).shown).toHaveLength(MAX_RECORDS);
});
