import { expect, test } from "vitest";
import { Elements } from "./elements.ts";
import { Frames } from "./frames.ts";
import { Lines } from "./lines.ts";
import { splitterFor } from "./recognise.ts";
import { Whole } from "./whole.ts";

const otlp = '{"resourceSpans":[{"resource":{}}]}';
const pretty = JSON.stringify(JSON.parse(otlp), null, 2);

test.each([
  ["a request on a line", otlp, Lines],
  ["requests on lines", `${otlp}\n${otlp}`, Lines],
  ["lines that begin in the middle of one", `ource":{}}]}\n${otlp}`, Lines],
  ["lines behind a byte order mark", `\uFEFF${otlp}\n`, Lines],
  ["a request over several lines", pretty, Whole],
  ["a request with a list named data within", '{"resourceSpans":[{"data":[]}]}', Lines],
  ["Jaeger's answer", '{"data":[{"traceID":"1"}],"total":0}', Elements],
  ["Jaeger's answer, spread", '{\n  "total": 0,\n  "data": [\n', Elements],
  ["one trace of Jaeger's", '{\n  "traceID": "1",\n  "spans": [\n  ]\n}', Whole],
  ["a list of Zipkin's", ' [{"traceId":"1"}]', Elements],
  ["a request in protobuf", Buffer.from([0x0a, 2, 0x0a, 0]), Whole],
  ["a request in protobuf of 123 bytes, which are a brace", Buffer.from([0x0a, 0x7b, 0x0a, 0, 0x12]), Whole],
  ["a list behind a blank line", '\n[\n{"traceId":"1"}]', Elements],
  ["framed requests", Buffer.from([0, 0, 0, 2, 0x0a, 0]), Frames],
  ["framed requests in JSON", Buffer.from([0, 0, 0, 2, 0x7b, 0x7d]), Frames],
  ["framed and compressed requests", Buffer.from([0, 0, 0, 4, 0x28, 0xb5, 0x2f, 0xfd]), Frames],
])("%s", (_name, head, kind) => {
  expect(splitterFor(Buffer.from(head as string), "auto")).toBeInstanceOf(kind);
});

test.each([
  ["text", "level=info msg=hello\n"],
  ["a program", Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1])],
  ["a frame that is too long", Buffer.from([0x7f, 0, 0, 0, 0x0a, 0])],
])("%s is none of them", (_name, head) => {
  expect(splitterFor(Buffer.from(head as string), "auto")).toBeUndefined();
});
