/** W3C Trace Context, driven through a service that is instrumented without a line of code: what comes in, and what goes on. */
import http from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InstrumentedApp } from "./instrumented-app.test-kit.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const SPAN_ID = "b7ad6b7169203331";
const VALID = `00-${TRACE_ID}-${SPAN_ID}-01`;

interface PassedOn {
  readonly traceparent: string;
  readonly tracestate: string | undefined;
}

let app: InstrumentedApp;
beforeAll(async () => {
  // What it is asked, it asks of itself, and answers with the headers that came along.
  app = await InstrumentedApp.start({
    imports: { http: "node:http" },
    code: `
      const server = http.createServer((request, response) => {
        const { traceparent, tracestate } = request.headers;
        if (request.url === "/echo") return response.end(JSON.stringify({ traceparent, tracestate }));
        http.get({ port: server.address().port, path: "/echo" }, (answer) => answer.pipe(response));
      });
      listening(server.listen(0, "127.0.0.1"));`,
  });
});
afterAll(() => app.stop());

/** Header lines in the order given, since names may come twice. */
type Lines = readonly (readonly [string, string])[];

async function ask(lines: Lines): Promise<PassedOn> {
  const { port } = new URL(app.url);
  return new Promise((resolve, reject) => {
    const headers = ["host", `127.0.0.1:${port}`, ...lines.flat()];
    http
      .get({ host: "127.0.0.1", port, headers, agent: false }, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => resolve(JSON.parse(text) as PassedOn));
      })
      .on("error", reject);
  });
}

function traceIdOf({ traceparent }: PassedOn): string {
  return /^00-([0-9a-f]{32})-[0-9a-f]{16}-0[0-3]$/.exec(traceparent)?.[1] ?? `malformed: ${traceparent}`;
}

describe("a traceparent that goes on", () => {
  const cases: readonly [string, string][] = [
    ["is valid", VALID],
    ["is not sampled", `00-${TRACE_ID}-${SPAN_ID}-00`],
    ["has flags that nobody knows", `00-${TRACE_ID}-${SPAN_ID}-ff`],
    ["is of a later version", `cc-${TRACE_ID}-${SPAN_ID}-01`],
    ["is of a later version with more in it", `cc-${TRACE_ID}-${SPAN_ID}-01-what-the-future-brings`],
    ["has space around it", ` ${VALID} `],
  ];
  test.for(cases)("%s", async ([, traceparent]) => {
    const passedOn = await ask([["traceparent", traceparent]]);
    expect(traceIdOf(passedOn)).toBe(TRACE_ID);
    expect(passedOn.traceparent).not.toContain(SPAN_ID);
  });

  test("whatever the case of the header's name", async () => {
    expect(traceIdOf(await ask([["TraceParent", VALID]]))).toBe(TRACE_ID);
  });

  test("and is sampled exactly if the parent was", async () => {
    expect((await ask([["traceparent", VALID]])).traceparent).toMatch(/-01$/);
    expect((await ask([["traceparent", `00-${TRACE_ID}-${SPAN_ID}-00`]])).traceparent).toMatch(/-00$/);
    expect((await ask([["traceparent", `00-${TRACE_ID}-${SPAN_ID}-02`]])).traceparent).toMatch(/-02$/);
  });
});

describe("a traceparent that begins a new trace", () => {
  const cases: readonly [string, Lines][] = [
    ["there is none", []],
    ["is empty", [["traceparent", ""]]],
    [
      "came twice",
      [
        ["traceparent", VALID],
        ["traceparent", `00-${"1".repeat(32)}-${SPAN_ID}-01`],
      ],
    ],
    [
      "came twice the same",
      [
        ["traceparent", VALID],
        ["traceparent", VALID],
      ],
    ],
    ["has version ff", [["traceparent", `ff-${TRACE_ID}-${SPAN_ID}-01`]]],
    ["has version 0", [["traceparent", `0-${TRACE_ID}-${SPAN_ID}-01`]]],
    ["has a version that is no hex", [["traceparent", `.0-${TRACE_ID}-${SPAN_ID}-01`]]],
    ["is of version 00 with more in it", [["traceparent", `${VALID}-more`]]],
    ["is of version 00 with a dash at the end", [["traceparent", `${VALID}-`]]],
    ["is of a later version with more in it, without a dash", [["traceparent", `cc-${TRACE_ID}-${SPAN_ID}-01.more`]]],
    ["has a trace id of zeros", [["traceparent", `00-${"0".repeat(32)}-${SPAN_ID}-01`]]],
    ["has a trace id in capitals", [["traceparent", `00-${TRACE_ID.toUpperCase()}-${SPAN_ID}-01`]]],
    ["has a trace id that is no hex", [["traceparent", `00-.${TRACE_ID.slice(1)}-${SPAN_ID}-01`]]],
    ["has a trace id that is too short", [["traceparent", `00-${TRACE_ID.slice(1)}-${SPAN_ID}-01`]]],
    ["has a trace id that is too long", [["traceparent", `00-0${TRACE_ID}-${SPAN_ID}-01`]]],
    ["has a parent id of zeros", [["traceparent", `00-${TRACE_ID}-${"0".repeat(16)}-01`]]],
    ["has a parent id that is too short", [["traceparent", `00-${TRACE_ID}-${SPAN_ID.slice(1)}-01`]]],
    ["has a parent id that is too long", [["traceparent", `00-${TRACE_ID}-0${SPAN_ID}-01`]]],
    ["has flags that are no hex", [["traceparent", `00-${TRACE_ID}-${SPAN_ID}-.0`]]],
    ["has one digit of flags", [["traceparent", `00-${TRACE_ID}-${SPAN_ID}-1`]]],
    ["is of 8 KiB", [["traceparent", `${VALID}-${"a".repeat(8_000)}`]]],
  ];
  test.for(cases)("%s", async ([, lines]) => {
    const passedOn = await ask([...lines, ["tracestate", "vendor=of-the-old-trace"]]);
    const traceId = traceIdOf(passedOn);
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(traceId).not.toBe(TRACE_ID);
    expect(passedOn.tracestate).toBeUndefined();
  });
});

describe("a tracestate", () => {
  const with32 = Array.from({ length: 32 }, (_unused, i) => `k${i}=v`).join(",");
  const goesOn: readonly [string, Lines, string][] = [
    ["of one member", [["tracestate", "foo=1"]], "foo=1"],
    ["of several, in their order", [["tracestate", "foo=1,bar=2"]], "foo=1,bar=2"],
    [
      "in several headers",
      [
        ["tracestate", "foo=1"],
        ["tracestate", "bar=2,baz=3"],
      ],
      "foo=1,bar=2,baz=3",
    ],
    ["with space and empty members", [["tracestate", "foo=1 \t , \t bar=2, ,"]], "foo=1,bar=2"],
    ["of 32 members", [["tracestate", with32]], with32],
    ["with keys of tenants", [["tracestate", "0t@v=1,foo-_*/bar=2"]], "0t@v=1,foo-_*/bar=2"],
    ["with an equals sign in its value's characters", [["tracestate", "foo=a b!#"]], "foo=a b!#"],
    ["whose name is in capitals", [["TraceState", "foo=1"]], "foo=1"],
  ];
  test.for(goesOn)("%s goes on as it is", async ([, lines, expected]) => {
    expect(await ask([["traceparent", VALID], ...lines])).toMatchObject({ tracestate: expected });
  });

  const isDropped: readonly [string, string][] = [
    ["a key in capitals", "FOO=1"],
    ["a key with a space", "foo =1"],
    ["a key that is too long", `${"k".repeat(257)}=1`],
    ["a value with an equals sign", "foo=bar=baz"],
    ["a value that is too long", `foo=${"v".repeat(257)}`],
    ["33 members", `${with32},k32=v`],
    ["the same key twice", "foo=1,foo=2"],
    ["no value", "foo"],
  ];
  test.for(isDropped)("with %s is dropped, and the trace goes on", async ([, tracestate]) => {
    const passedOn = await ask([
      ["traceparent", VALID],
      ["tracestate", tracestate],
    ]);
    expect(traceIdOf(passedOn)).toBe(TRACE_ID);
    expect(passedOn.tracestate).toBeUndefined();
  });
});
