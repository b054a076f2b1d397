import { PROTOCOLS, type Signal, toJson } from "@clew/otlp";
import { type ExportResult, failure, SUCCESS, toError } from "../../common/export-result.ts";
import type { LastRequest } from "../../exit/last-request.ts";
import { tellLost } from "../../exit/tell-lost.ts";
import type { RequestSink } from "../../otlp/request-sink.ts";
import { type LineWriter, lineWriter, type OTLPFileExporterConfig } from "./output-stream.ts";

/** Writes each request as a line of OTLP/JSON. Source: specification, "OpenTelemetry Protocol File Exporter". */
export class JsonLinesSink implements RequestSink {
  readonly #signal: Signal;
  readonly #writer: LineWriter;
  #last: Promise<unknown> = Promise.resolve();
  #isShutDown = false;

  constructor(signal: Signal, config: OTLPFileExporterConfig) {
    this.#signal = signal;
    this.#writer = lineWriter(config);
  }

  send(request: Uint8Array): Promise<ExportResult> {
    if (this.#isShutDown) return Promise.resolve(failure(new Error("the exporter is shut down")));
    const written = this.#write(request);
    this.#last = Promise.all([this.#last, written]);
    return written;
  }

  drain(requests: readonly Uint8Array[]): readonly LastRequest[] {
    for (const request of requests) {
      const written = this.#writer.writeNow(this.#line(request)).catch(tellLost);
      this.#last = Promise.all([this.#last, written]);
    }
    return [];
  }

  async forceFlush(): Promise<void> {
    await this.#last;
  }

  async shutdown(): Promise<void> {
    if (this.#isShutDown) return;
    this.#isShutDown = true;
    await this.#last;
    await this.#writer.close();
  }

  #line(request: Uint8Array): string {
    return `${JSON.stringify(toJson(PROTOCOLS[this.#signal].request, request))}\n`;
  }

  async #write(request: Uint8Array): Promise<ExportResult> {
    try {
      await this.#writer.write(this.#line(request));
      return SUCCESS;
    } catch (thrown) {
      return failure(toError(thrown));
    }
  }
}
