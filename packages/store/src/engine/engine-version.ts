import { EngineClient } from "./engine-client.ts";
import type { EngineEndpoint } from "./engine-endpoint.ts";

/** ClickHouse's version, such as `26.7.2.1`. */
export async function versionOf(endpoint: EngineEndpoint): Promise<string> {
  const client = new EngineClient({ ...endpoint, database: "system" });
  try {
    const [[version] = [""]] = await client.rows<readonly [string]>("SELECT version()");
    return version;
  } finally {
    await client.close();
  }
}
