/** What goes in comes out, and is found: on two shards, through ClickHouse's own HTTP interface, as on the embedded engine. */
import { describe } from "vitest";

/** A module of its own for each, since they are loaded by their own files too. */
const ROUND_TRIP = "./round-trip.test.ts?on-a-cluster";
const READERS = "./read/readers.test.ts?on-a-cluster";
const ROLLED_POINTS = "./read/rolled-points.test.ts?on-a-cluster";
const EXPORTS = "./read/export/export-reader.test.ts?on-a-cluster";

describe("round trip", async () => void (await import(/* @vite-ignore */ ROUND_TRIP)));
describe("readers", async () => void (await import(/* @vite-ignore */ READERS)));
describe("rolled points", async () => void (await import(/* @vite-ignore */ ROLLED_POINTS)));
describe("exports", async () => void (await import(/* @vite-ignore */ EXPORTS)));
