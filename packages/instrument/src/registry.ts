/**
 * The instrumentations, a line each: what makes the code of `instrumentations/<name>/<name>.ts` load.
 * Adding one is a folder and a line here.
 */
import { nodeTellsOfRequests } from "./hooks/node-versions.ts";
import type { InstrumentationEntry } from "./instrumentation.ts";

export const INSTRUMENTATIONS: readonly InstrumentationEntry[] = [
  { name: "http-server", channels: ["http.server.request.start"] },
  {
    name: "http-client",
    channels: ["http.client.request.created", "http.client.response.finish"],
    isNeeded: () => !nodeTellsOfRequests(process.versions.node),
  },
  {
    name: "pg",
    packages: [
      { package: "pg", majors: [8], files: ["lib/client.js"] },
      { package: "pg-pool", majors: [3], files: ["index.js"] },
    ],
  },
];
