import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { officialDecode, officialEncode } from "./official-codec.test-kit.ts";
import {
  decodeResponse,
  decodeStatus,
  encodeResponse,
  encodeStatus,
  responseJson,
  RPC_CODE,
  statusJson,
} from "./response.ts";
import { RetryInfo, RpcStatus } from "./schema/response.ts";
import { PROTOCOLS, SIGNALS } from "./signal.ts";

const REJECTED = { traces: "rejectedSpans", metrics: "rejectedDataPoints", logs: "rejectedLogRecords" } as const;

test("a status is google.rpc.Status with RetryInfo among its details", () => {
  const bytes = encodeStatus({ code: RPC_CODE.UNAVAILABLE, message: "later", retryDelayMs: 1_500 });
  const { details, ...rest } = officialDecode(RpcStatus, bytes) as {
    details: { typeUrl: string; value: Uint8Array }[];
  };
  expect(rest).toEqual({ code: 14, message: "later" });
  expect(details.map(({ typeUrl }) => typeUrl)).toEqual(["type.googleapis.com/google.rpc.RetryInfo"]);
  expect(officialDecode(RetryInfo, details[0]?.value ?? new Uint8Array(0))).toEqual({
    retryDelay: { seconds: 1n, nanos: 500_000_000 },
  });
});

test("a delay of any length comes back to the nanosecond, and nanos stay below a second", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (retryDelayMs) => {
      const bytes = encodeStatus({ code: 14, message: "", retryDelayMs });
      const { details } = officialDecode(RpcStatus, bytes) as { details: { value: Uint8Array }[] };
      const { retryDelay } = officialDecode(RetryInfo, details[0]?.value ?? new Uint8Array(0)) as {
        retryDelay: { nanos?: number };
      };
      expect(retryDelay.nanos ?? 0).toBeLessThan(1e9);
      expect(decodeStatus(bytes).retryDelayMs).toBeCloseTo(retryDelayMs, 5);
    }),
  );
});

test("a status without details, or with others, has no delay", () => {
  expect(decodeStatus(officialEncode(RpcStatus, { code: 3, message: "no" }))).toEqual({ code: 3, message: "no" });
  const details = [{ typeUrl: "type.googleapis.com/google.rpc.DebugInfo", value: Uint8Array.of(1) }];
  expect(decodeStatus(officialEncode(RpcStatus, { code: -1, message: "", details }))).toEqual({
    code: -1,
    message: "",
  });
});

test("in JSON, a delay is seconds without an exponent", () => {
  const delayOf = (retryDelayMs: number): unknown =>
    (JSON.parse(statusJson({ code: 14, message: "m", retryDelayMs })) as { details: object[] }).details[0];
  const type = "type.googleapis.com/google.rpc.RetryInfo";
  expect(delayOf(1_500)).toEqual({ "@type": type, retryDelay: "1.5s" });
  expect(delayOf(0.0005)).toEqual({ "@type": type, retryDelay: "0.0000005s" });
  expect(delayOf(10_000)).toEqual({ "@type": type, retryDelay: "10s" });
  expect(JSON.parse(statusJson({ code: 3, message: "m" }))).toEqual({ code: 3, message: "m" });
});

describe.each(SIGNALS)("the response to %s", (signal) => {
  const { response } = PROTOCOLS[signal];

  test("is empty when everything was taken", () => {
    expect(encodeResponse(signal)).toEqual(new Uint8Array(0));
    expect(decodeResponse(signal, new Uint8Array(0))).toBeUndefined();
    expect(responseJson(signal)).toBe("{}");
  });

  test("tells how many were rejected and why, as protobufjs reads it", () => {
    const partial = { rejected: 3n, errorMessage: "too old" };
    const expected = { partialSuccess: { [REJECTED[signal]]: 3n, errorMessage: "too old" } };
    expect(officialDecode(response, encodeResponse(signal, partial))).toEqual(expected);
    expect(decodeResponse(signal, officialEncode(response, expected))).toEqual(partial);
    expect(JSON.parse(responseJson(signal, partial))).toEqual({
      partialSuccess: { [REJECTED[signal]]: "3", errorMessage: "too old" },
    });
  });

  test("of random bytes is refused as malformed, or read", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        for (const read of [() => decodeResponse(signal, bytes), () => decodeStatus(bytes)])
          expect(["OTLP_MALFORMED", undefined]).toContain(codeOf(read));
      }),
      { numRuns: 1_000 },
    );
  });
});

/** The code of the error that `task` throws; undefined where it throws none. */
function codeOf(task: () => unknown): unknown {
  try {
    task();
    return undefined;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}
