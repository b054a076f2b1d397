import { uptime } from "node:os";
import { section } from "../../../../schema/schema.ts";
import { gauge, SCHEMA_1_9, type MetricDefinitions, type ScraperType } from "../metric.ts";
import { readProc } from "../proc.ts";

const metrics: MetricDefinitions = {
  "system.uptime": gauge("s", "The time the system has been running"),
};

export const systemScraper: ScraperType<object> = {
  name: "system",
  metrics,
  schemaUrl: SCHEMA_1_9,
  schema: section({}),
  create: (_config, host) => ({
    async run(recorder) {
      const seconds = host.platform === "linux" ? Number((await readProc(host, "uptime")).split(" ", 1)[0]) : uptime();
      recorder.record("system.uptime", Math.trunc(seconds));
    },
  }),
};
