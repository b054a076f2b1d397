/** Asks for a sampling strategy over HTTP or gRPC. Source: jaeger-idl, `api_v2/sampling.proto`. */
import type { Clock } from "@clew/base";
import { Reader, Writer } from "@clew/otlp";
import { httpFetch } from "../../common/http-fetch.ts";
import { GrpcTransport } from "../../otlp/grpc-transport.ts";
import type { SamplingStrategyResponse } from "./jaeger-sampling-strategy.ts";

export type SamplingProtocol = "http" | "grpc";

const GRPC_PATH = "/jaeger.api_v2.SamplingManager/GetSamplingStrategy";
/** The ports on which Jaeger and the OpenTelemetry Collector offer strategies by gRPC. */
const GRPC_PORTS: ReadonlySet<string> = new Set(["14250", "5779"]);
const TIMEOUT_MS = 10_000;

/** Resolves to the strategy. Rejects when there is none to be had. */
export type AskStrategy = () => Promise<SamplingStrategyResponse>;

export function strategyClient(
  endpoint: string,
  serviceName: string,
  protocol: SamplingProtocol | undefined,
  clock: Clock,
): AskStrategy {
  if (!URL.canParse(endpoint)) {
    const problem = `expected an address such as http://localhost:5778, got ${JSON.stringify(endpoint)}`;
    return () => Promise.reject(new Error(problem));
  }
  const url = new URL(endpoint);
  const isGrpc = protocol === "grpc" || (protocol === undefined && GRPC_PORTS.has(url.port));
  return isGrpc ? grpcClient(url, serviceName, clock) : httpClient(url, serviceName);
}

function httpClient(url: URL, serviceName: string): AskStrategy {
  const address = `${url.href.replace(/\/$/, "")}/sampling?service=${encodeURIComponent(serviceName)}`;
  return async () => JSON.parse((await httpFetch(address, { timeoutMs: TIMEOUT_MS })).body) as SamplingStrategyResponse;
}

/** A connection for each question: there is one a minute or so. */
function grpcClient(url: URL, serviceName: string, clock: Clock): AskStrategy {
  const writer = new Writer(serviceName.length + 16);
  writer.string(1, serviceName);
  const question = writer.take();
  const settings = { url, clock, headers: {}, tls: {}, compression: "none" as const };
  return async () => {
    const transport = new GrpcTransport(GRPC_PATH, settings);
    const answer = await transport.send(question, TIMEOUT_MS);
    transport.close();
    if (answer.outcome !== "accepted") throw new Error(answer.reason);
    return strategyOf(new Reader(answer.body));
  };
}

/** Reads the fields of a message: number --> how its value is read. Others are passed over. */
function readFields(reader: Reader, end: number, fields: Readonly<Record<number, () => void>>): void {
  while (reader.position < end) {
    const tag = reader.tag();
    const read = fields[tag >>> 3];
    if (read === undefined) reader.skip(tag);
    else read();
  }
}

function strategyOf(reader: Reader): SamplingStrategyResponse {
  const strategy: { -readonly [Key in keyof SamplingStrategyResponse]: SamplingStrategyResponse[Key] } = {
    strategyType: 0,
  };
  readFields(reader, reader.bytes.length, {
    1: () => (strategy.strategyType = reader.int32()),
    2: () => (strategy.probabilisticSampling = { samplingRate: rateOf(reader) }),
    3: () => (strategy.rateLimitingSampling = { maxTracesPerSecond: maxTracesOf(reader) }),
    4: () => (strategy.operationSampling = operationsOf(reader)),
  });
  return strategy;
}

function rateOf(reader: Reader): number {
  let rate = 0;
  readFields(reader, reader.lengthEnd(), { 1: () => (rate = reader.double()) });
  return rate;
}

function maxTracesOf(reader: Reader): number {
  let maxTraces = 0;
  readFields(reader, reader.lengthEnd(), { 1: () => (maxTraces = reader.int32()) });
  return maxTraces;
}

function operationsOf(reader: Reader): NonNullable<SamplingStrategyResponse["operationSampling"]> {
  let [defaultSamplingProbability, defaultLowerBoundTracesPerSecond] = [0, 0];
  const perOperationStrategies: { operation: string; probabilisticSampling: { samplingRate: number } }[] = [];
  readFields(reader, reader.lengthEnd(), {
    1: () => (defaultSamplingProbability = reader.double()),
    2: () => (defaultLowerBoundTracesPerSecond = reader.double()),
    3: () => perOperationStrategies.push(operationOf(reader)),
  });
  return { defaultSamplingProbability, defaultLowerBoundTracesPerSecond, perOperationStrategies };
}

function operationOf(reader: Reader): { operation: string; probabilisticSampling: { samplingRate: number } } {
  let operation = "";
  let samplingRate = 0;
  readFields(reader, reader.lengthEnd(), {
    1: () => (operation = reader.string()),
    2: () => (samplingRate = rateOf(reader)),
  });
  return { operation, probabilisticSampling: { samplingRate } };
}
