import { defineConfig } from "vitest/config";

const conditions = ["@clew/source", "node", "import", "default"];

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
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
