import { expect, test } from "vitest";
import { exportOptions } from "./export-options.ts";

const NOW_MS = 1_760_000_000_000;
const options = (...args: readonly string[]): ReturnType<typeof exportOptions> =>
  exportOptions(["-", ...args], { CLEW_TOKEN: "t" }, NOW_MS);

test("without any, every signal of all times", () => {
  expect(options()).toEqual({
    file: "-",
    format: "otlp-json",
    signals: ["traces", "metrics", "logs"],
    fromMs: undefined,
    toMs: undefined,
    traceIds: [],
    url: "http://localhost:16686",
    token: "t",
  });
});

test("signals are those that the format and the traces leave", () => {
  expect(options("--format", "jaeger").signals).toEqual(["traces"]);
  expect(options("--format", "otlp-proto", "--signal", "logs").signals).toEqual(["logs"]);
  expect(options("--trace", "1", "--trace", "2")).toMatchObject({ signals: ["traces", "logs"], traceIds: ["1", "2"] });
});

test("times are dates, milliseconds, or how long ago", () => {
  expect(options("--from", "2025-10-09T08:53:20Z", "--to", "1760000000001")).toMatchObject({
    fromMs: NOW_MS,
    toMs: NOW_MS + 1,
  });
  expect(options("--from", "1h30m").fromMs).toBe(NOW_MS - 5_400_000);
});

test.each([
  [["--format", "otlp-proto"], "--signal"],
  [["--format", "zipkin", "--signal", "logs"], "--format"],
  [["--signal", "metrics", "--trace", "1"], "--trace"],
  [["--signal", "profiles"], "--signal"],
  [["--from", "soon"], "--from"],
  [["--trace", "x"], "--trace"],
  [["--url", "ftp://h"], "--url"],
])("%j is refused by the flag's name", (args, path) => {
  expect(() => options(...args)).toThrow(expect.objectContaining({ code: "USAGE", path }));
});
