import { expect, test } from "vitest";
import { escapedName, negotiate } from "./index.ts";

const PROTOBUF = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

test.each([
  [undefined, "text"],
  ["*/*", "text"],
  ["text/html", "text"],
  ["application/openmetrics-text", "openmetrics"],
  ["application/openmetrics-text;version=2.0.0,text/plain", "text"],
  ["text/plain;version=0.0.4;q=0.5,application/openmetrics-text;version=1.0.0;q=0.6", "openmetrics"],
  ["application/openmetrics-text;q=0,text/plain;q=0.1", "text"],
  [`${PROTOBUF};q=0.7,application/openmetrics-text;q=0.6`, "protobuf"],
  ["application/vnd.google.protobuf;proto=other.Message;encoding=delimited", "text"],
])("of %s, %s is the format, by quality and version", (accept, format) => {
  expect(negotiate(accept, ["text", "openmetrics", "protobuf"]).format).toBe(format);
});

test("what is not offered is passed over", () => {
  expect(negotiate(`${PROTOBUF},application/openmetrics-text;q=0.1`, ["text", "openmetrics"]).format).toBe(
    "openmetrics",
  );
  expect(negotiate("application/openmetrics-text", ["text"]).format).toBe("text");
});

test("the content type tells the version and the escaping", () => {
  const accept = 'application/openmetrics-text;version=1.0.0;escaping="allow-utf-8"';
  expect(negotiate(accept, ["text", "openmetrics"])).toEqual({
    format: "openmetrics",
    escaping: "allow-utf-8",
    contentType: "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
  });
});

test.each([
  ["allow-utf-8", "http.ä_:1", "http.ä_:1", "http.ä_:1"],
  ["underscores", "http.ä_:1", "http___:1", "http____1"],
  ["dots", "http.ä_:1", "http_dot_____:1", "http_dot_______1"],
  ["values", "http.ä_:1", "U__http_2E__E4___:1", "U__http_2E__E4____3A_1"],
] as const)("by %s, %s becomes %s as a metric and %s as a label", (escaping, name, metric, label) => {
  expect([escapedName(name, escaping), escapedName(name, escaping, true)]).toEqual([metric, label]);
});
