import { expect, test } from "vitest";
import { exceptions } from "./no-proxy.ts";

test.each([
  ["", "http://a.test", false],
  ["", "http://localhost:1", true],
  ["", "http://127.1.2.3", true],
  ["", "https://[::1]/", true],
  ["*", "http://a.test", true],
  ["b, *", "https://10.1.2.3", true],
  ["a.test", "http://a.test", true],
  ["a.test", "http://A.TEST:99", true],
  ["A.test", "http://b.a.test", true],
  ["a.test", "http://ba.test", false],
  [".a.test", "http://a.test", false],
  [".a.test", "http://b.a.test", true],
  ["*.a.test", "http://b.a.test", true],
  ["*.a.test", "http://a.test", false],
  ["a.test:80", "http://a.test", true],
  ["a.test:80", "https://a.test", false],
  ["a.test:443", "https://b.a.test", true],
  ["10.1.2.3", "http://10.1.2.3:8080", true],
  ["10.1.2.3:81", "http://10.1.2.3", false],
  ["10.1.2.3:81", "http://10.1.2.3:81", true],
  ["10.0.0.0/8", "http://10.1.2.3", true],
  ["10.0.0.0/8", "http://11.1.2.3", false],
  ["10.0.0.0/40", "http://10.1.2.3", false],
  ["2001:db8::/32", "http://[2001:db8::1]", true],
  ["2001:db8::1", "http://[2001:db8::1]:80", true],
  ["[2001:db8::1]:81", "http://[2001:db8::1]:81", true],
  ["[2001:db8::1]:81", "http://[2001:db8::1]", false],
  ["2.3", "http://10.1.2.3", false],
  ["bücher.test", "http://xn--bcher-kva.test", true],
  [":80, ,", "http://a.test", false],
])("no_proxy %j and %s: %s", (noProxy, url, expected) => {
  expect(exceptions(noProxy)(new URL(url))).toBe(expected);
});
