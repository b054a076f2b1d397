import { ClewError } from "@clew/base";
import type { Detector } from "../detector.ts";

/** `OTEL_RESOURCE_ATTRIBUTES`: `key=value,key=value`, percent-encoded (OpenTelemetry specification, "Resource SDK"). */
export const detectEnv: Detector = ({ env }) => {
  const text = (env["OTEL_RESOURCE_ATTRIBUTES"] ?? env["OTEL_RESOURCE"] ?? "").trim();
  if (text === "") return Promise.resolve({});
  const entries = text.split(",").map((pair) => {
    const [, key, value] = /^\s*([^=\s]+)\s*=(.*)$/s.exec(pair) ?? [];
    if (key === undefined || value === undefined) throw invalid(text);
    return [key, decoded(value.trim(), text)] as const;
  });
  return Promise.resolve(Object.fromEntries(entries));
};

function decoded(value: string, whole: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw invalid(whole);
  }
}

function invalid(text: string): ClewError {
  return new ClewError("CONFIG_INVALID", `invalid resource format, invalid text: ${JSON.stringify(text)}`, {
    path: "OTEL_RESOURCE_ATTRIBUTES",
    remedy: "write key=value,key=value",
  });
}
