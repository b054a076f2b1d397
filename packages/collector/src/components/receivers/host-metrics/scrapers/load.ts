import { availableParallelism, loadavg } from "node:os";
import { boolean, field, section } from "../../../../schema/schema.ts";
import { gauge, SCHEMA_1_9, type Host, type MetricDefinitions, type ScraperType } from "../metric.ts";
import { readProc, rowsOf } from "../proc.ts";

const metrics: MetricDefinitions = {
  "system.cpu.load_average.15m": gauge("{thread}", "Average CPU Load over 15 minutes."),
  "system.cpu.load_average.1m": gauge("{thread}", "Average CPU Load over 1 minute."),
  "system.cpu.load_average.5m": gauge("{thread}", "Average CPU Load over 5 minutes."),
};

export const loadScraper: ScraperType<{ readonly cpu_average: boolean }> = {
  name: "load",
  metrics,
  schemaUrl: SCHEMA_1_9,
  schema: section({ cpu_average: field(boolean, false, "Whether the load is divided by the number of logical CPUs.") }),
  create: ({ cpu_average: isAverage }, host) => ({
    async run(recorder) {
      const divisor = isAverage ? availableParallelism() : 1;
      for (const [minutes, value] of Object.entries(await loadOf(host))) {
        recorder.record(`system.cpu.load_average.${minutes}`, value / divisor);
      }
    },
  }),
};

async function loadOf(host: Host): Promise<Record<string, number>> {
  const values = host.platform === "linux" ? rowsOf(await readProc(host, "loadavg"))[0]?.map(Number) : loadavg();
  const [one = 0, five = 0, fifteen = 0] = values ?? [];
  return { "1m": one, "5m": five, "15m": fifteen };
}
