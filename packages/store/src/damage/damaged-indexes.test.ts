import { expect, test } from "vitest";
import { openStore } from "../running-store.test-kit.ts";
import { partsWithDamagedIndexes } from "./damaged-indexes.ts";

test("no part is suspected where tables are empty, or parts are older than an index", async () => {
  const running = await openStore();
  try {
    const { client } = running.store;
    expect(await partsWithDamagedIndexes(client)).toEqual([]);
    const [[expression = ""] = []] = await client.rows<readonly string[]>(
      "SELECT expr FROM system.data_skipping_indices WHERE table = 'otel_logs' AND name = 'idx_LogAttributes'",
    );
    await client.command("ALTER TABLE otel_logs DROP INDEX idx_LogAttributes");
    await client.command("INSERT INTO otel_logs (Body) VALUES ('older')");
    await client.command(`ALTER TABLE otel_logs ADD INDEX idx_LogAttributes ${expression} TYPE bloom_filter(0.01)`);
    expect(await partsWithDamagedIndexes(client)).toEqual([]);
  } finally {
    await running.stop();
  }
});
