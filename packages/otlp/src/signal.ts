/** The three signals, and what differs between them on the wire. */
import { ExportLogsServiceRequest } from "./schema/logs.ts";
import type { Message } from "./schema/message.ts";
import { ExportMetricsServiceRequest } from "./schema/metrics.ts";
import {
  ExportLogsServiceResponse,
  ExportMetricsServiceResponse,
  ExportTraceServiceResponse,
} from "./schema/response.ts";
import { ExportTraceServiceRequest } from "./schema/trace.ts";

export type Signal = "traces" | "metrics" | "logs";

export const SIGNALS: readonly Signal[] = ["traces", "metrics", "logs"];

export interface SignalProtocol {
  readonly request: Message;
  readonly response: Message;
  /** The path of OTLP/HTTP. */
  readonly httpPath: string;
  /** The path of OTLP/gRPC: `/package.Service/Method`. */
  readonly grpcPath: string;
}

export const PROTOCOLS: Readonly<Record<Signal, SignalProtocol>> = {
  traces: {
    request: ExportTraceServiceRequest,
    response: ExportTraceServiceResponse,
    httpPath: "/v1/traces",
    grpcPath: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  },
  metrics: {
    request: ExportMetricsServiceRequest,
    response: ExportMetricsServiceResponse,
    httpPath: "/v1/metrics",
    grpcPath: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
  },
  logs: {
    request: ExportLogsServiceRequest,
    response: ExportLogsServiceResponse,
    httpPath: "/v1/logs",
    grpcPath: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
  },
};
