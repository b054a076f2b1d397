import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// "import" and "default" go without saying: named here, Node would give ES modules to `require` too.
const conditions = ["@clew/source", "node"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: [
      "packages/*/src/**/*.test.{ts,tsx}",
      "examples/*/src/**/*.test.ts",
      "scripts/**/*.test.mjs",
      "e2e/**/*.test.ts",
    ],
    isolate: false,
    pool: "forks",
    // Most of the time is spent waiting for programs that were started, so two share even two cores well.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
