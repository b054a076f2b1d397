/** What goes in comes out, and is found: on two shards, through ClickHouse's own HTTP interface, as on the embedded engine. */
import { describe } from "vitest";

/** A module of its own for each, since they are loaded by their own files too. */
const suites = ["./round-trip.test.ts?on-a-cluster", "./read/readers.test.ts?on-a-cluster"];

for (const suite of suites) describe(suite, async () => void (await import(/* @vite-ignore */ suite)));
