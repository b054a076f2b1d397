import { readFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import { messageOf } from "@clew/base";
import { MAX_TIMEOUT_MS, readPairs } from "../environment.ts";
import { COMPRESSIONS } from "../../otlp/compression.ts";
import type { OTLPExporterConfig, TlsConfig } from "../../otlp/otlp-config.ts";
import type { OTLPFileExporterConfig } from "../../exporters/file/output-stream.ts";
import type { Section } from "./section.ts";

const LIST_NAME = "headers_list";

/** `otlp_http`. Everything that the file does not say is as the specification has it: variables do not count. */
export function readOtlpHttp(section: Section): OTLPExporterConfig {
  const encoding = section.choice("encoding", ["protobuf", "json"]) ?? "protobuf";
  return {
    ...readCommon(section, /^https?:\/\//i),
    ...readTls(section.section("tls")?.read(readFiles)),
    protocol: encoding === "json" ? "http/json" : "http/protobuf",
  };
}

/** `otlp_grpc`. */
export function readOtlpGrpc(section: Section): OTLPExporterConfig {
  const common = readCommon(section, /./);
  let insecure: boolean | undefined;
  const tls = section.section("tls")?.read((one) => {
    insecure = one.boolean("insecure");
    return readFiles(one);
  });
  return {
    ...common,
    ...readTls(tls),
    protocol: "grpc",
    env: { OTEL_EXPORTER_OTLP_INSECURE: String(insecure ?? false) },
  };
}

/** `otlp_file/development`. */
export function readOtlpFile(section: Section): OTLPFileExporterConfig {
  const outputStream = section.text("output_stream") ?? "stdout";
  if (outputStream !== "stdout" && !outputStream.startsWith("file:///")) {
    section.note("output_stream", `expected stdout or file:///path, got ${JSON.stringify(outputStream)}`);
  }
  return { outputStream };
}

/** A duration after which something is given up, in milliseconds; 0 stands for never. */
export function readTimeout(section: Section, name: string): number | undefined {
  const timeoutMs = section.integer(name, { least: 0 });
  return timeoutMs === 0 ? MAX_TIMEOUT_MS : timeoutMs;
}

function readCommon(section: Section, address: RegExp): OTLPExporterConfig {
  const url = section.text("endpoint");
  if (url !== undefined && !address.test(url)) {
    section.note("endpoint", `expected an address such as http://localhost:4318, got ${JSON.stringify(url)}`);
  }
  const listed = readPairs({ [LIST_NAME]: section.text(LIST_NAME) }, LIST_NAME);
  const headers = (section.sections("headers") ?? []).map((one) => one.read(readHeader));
  const compression = section.choice("compression", COMPRESSIONS);
  const maxRequestSize = section.integer("max_request_size", { least: 0 });
  const maxResponseSize = section.integer("max_response_size", { least: 1 });
  if (maxResponseSize !== undefined && maxResponseSize !== DEFAULT_MAX_RESPONSE_BYTES) {
    section.note("max_response_size", `is ${DEFAULT_MAX_RESPONSE_BYTES} and cannot be set`, "warning");
  }
  const timeoutMillis = readTimeout(section, "timeout");
  return {
    env: {},
    headers: { ...listed, ...Object.fromEntries(headers) },
    ...(url !== undefined && { url }),
    ...(compression !== undefined && { compression }),
    // 0 stands for no limit.
    ...(maxRequestSize !== undefined && { maxRequestSize: maxRequestSize || Infinity }),
    ...(timeoutMillis !== undefined && { timeoutMillis }),
  };
}

const DEFAULT_MAX_RESPONSE_BYTES = 4 * 1_024 * 1_024;

function readHeader(section: Section): [string, string] {
  return [section.text("name") ?? section.missing("name") ?? "", section.text("value") ?? ""];
}

function readFiles(section: Section): TlsConfig {
  const ca = readFile(section, "ca_file");
  const key = readFile(section, "key_file");
  const cert = readFile(section, "cert_file");
  return { ...(ca && { ca }), ...(key && { key }), ...(cert && { cert }) };
}

function readTls(tls: TlsConfig | undefined): Pick<OTLPExporterConfig, "tls"> {
  return tls === undefined ? {} : { tls };
}

function readFile(section: Section, name: string): Buffer | undefined {
  const path = section.text(name);
  if (path === undefined) return undefined;
  if (!isAbsolute(path)) return section.note(name, `expected an absolute path, got ${path}`);
  try {
    return readFileSync(path);
  } catch (thrown) {
    return section.note(name, messageOf(thrown));
  }
}
