/** Ten services that are scraped: together 10,000 series, some of which end and begin anew as pods do. */
import { createServer } from "node:http";

export const TARGETS = 10;
const SERIES = 1_000;
/** So many scrapes a pod lives; a tenth of each target's series are one pod's. */
const SCRAPES_A_POD = 600;

export class ScrapeTargets {
  #servers = [];
  scrapes = 0;

  /** Resolves to their addresses. */
  async listen() {
    for (let target = 0; target < TARGETS; target++) {
      let count = 0;
      const server = createServer((_request, response) => {
        this.scrapes++;
        response.end(pageOf(target, count++));
      });
      await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
      this.#servers.push(server);
    }
    return this.#servers.map((server) => `127.0.0.1:${server.address().port}`);
  }

  close() {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }
}

function pageOf(target, count) {
  const lines = ["# TYPE requests_total counter", "# TYPE load gauge"];
  for (let i = 0; i < SERIES / 2; i++) {
    const pod = `${target}-${i % 10}-${Math.floor((count + (i % 10) * (SCRAPES_A_POD / 10)) / SCRAPES_A_POD)}`;
    const labels = `pod="${pod}",path="/p${Math.floor(i / 10)}"`;
    lines.push(
      `requests_total{${labels}} ${count * (i + 1)}`,
      `load{${labels}} ${(((count * 31 + i) % 100) / 7).toFixed(3)}`,
    );
  }
  return `${lines.join("\n")}\n`;
}
