import { expect, test } from "vitest";
import { nextSelection } from "./use-list-keys.ts";

const records = [{ id: "a" }, { id: "b" }];
const none = { id: undefined, isExpanded: false };

test("j begins at the top, goes on by one, and stops at the end; an open record stays open", () => {
  expect(nextSelection("j", records, none)).toEqual({ id: "a", isExpanded: false });
  expect(nextSelection("j", records, { id: "a", isExpanded: true })).toEqual({ id: "b", isExpanded: true });
  expect(nextSelection("j", records, { id: "b", isExpanded: false })).toEqual({ id: "b", isExpanded: false });
  expect(nextSelection("k", records, { id: "b", isExpanded: false })).toEqual({ id: "a", isExpanded: false });
});

test("Esc closes the record first and leaves it then", () => {
  expect(nextSelection("Escape", records, { id: "a", isExpanded: true })).toEqual({ id: "a", isExpanded: false });
  expect(nextSelection("Escape", records, { id: "a", isExpanded: false })).toEqual(none);
  expect(nextSelection("Escape", records, none)).toBeUndefined();
  expect(nextSelection("x", records, none)).toBeUndefined();
});
