/**
 * Takes OTLP/HTTP, remembers the numbers of the spans that it took, and misbehaves as told:
 * refuses, answers late or not at all, or breaks connections before or after it took something.
 */
import { createServer } from "node:http";
import { payloadOf, TelemetryView } from "../packages/otlp/dist/index.js";
import { BitSet } from "./bit-set.mjs";

export class FlappingSink {
  received = new BitSet();
  /** Spans that came, those that came twice included. */
  total = 0;
  withResource = 0;
  mood = "fine";
  #server = createServer((request, response) => this.#serve(request, response));

  async listen() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  close() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(request, response) {
    const mood = this.mood;
    if (mood === "reset") {
      request.socket.destroy();
      return;
    }
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("error", () => {});
    request.on("end", () => {
      if (mood === "silent") return;
      if (mood === "refusing") {
        response.writeHead(503, { "retry-after": "1" }).end();
        return;
      }
      this.#take(Buffer.concat(chunks));
      // Taken, but nobody is told: the collector must send it again.
      if (mood === "forgetful") request.socket.destroy();
      else response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
    });
  }

  #take(bytes) {
    const view = new TelemetryView(payloadOf("traces", bytes));
    for (const resource of view.resources) {
      const isMarked = resource.one("resource").attributes().get("environment") === "soak";
      for (const scope of view.scopesOf(resource)) {
        for (const span of view.recordsOf(scope)) {
          const id = span.get("spanId");
          this.received.add(Number(Buffer.from(id).readBigUInt64BE()));
          this.total++;
          if (isMarked) this.withResource++;
        }
      }
    }
  }
}
