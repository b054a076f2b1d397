import { expect, test } from "vitest";
import { ConsumeError, type Consumer } from "../consumer.ts";
import { logsOf } from "../otlp.test-kit.ts";
import { fanOut } from "./fan-out.ts";

const taking: Consumer = { consume: () => Promise.resolve() };
const refusing = (what: string, permanent: boolean, retryAfterMs?: number): Consumer => {
  const error = new ConsumeError("T", what, { permanent, retryAfterMs });
  return { consume: () => Promise.reject(error), refusal: () => error };
};

test("is delivered once all have it", async () => {
  await expect(fanOut([taking, taking]).consume(logsOf(["l"]))).resolves.toBeUndefined();
});

test("passes one refusal on as it is", async () => {
  await expect(fanOut([taking, refusing("busy", false, 5)]).consume(logsOf(["l"]))).rejects.toMatchObject({
    what: "busy",
    retryAfterMs: 5,
  });
});

test("joins several refusals: for good if one is, and after the longest wait", async () => {
  const joined = fanOut([refusing("a", false, 5), refusing("b", true), refusing("c", false, 9)]);
  await expect(joined.consume(logsOf(["l"]))).rejects.toMatchObject({
    what: "[T] a; [T] b; [T] c",
    permanent: true,
    retryAfterMs: 9,
  });
});

test("refuses in advance what any of them would refuse", () => {
  expect(fanOut([taking, refusing("busy", false)]).refusal?.()?.what).toBe("busy");
  expect(fanOut([taking, taking]).refusal?.()).toBeUndefined();
});
