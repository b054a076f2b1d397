import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { concatPayloads, decode, fromJson, payloadOf, PROTOCOLS, type Payload } from "@clew/otlp";
import { expect, onTestFinished, test } from "vitest";
import { problemsIn } from "../../../schema/read.test-kit.ts";
import { decompress } from "../../../compression/decompress.ts";
import { ManualClock } from "../../../collector.test-kit.ts";
import { componentSettings, type ComponentKit } from "../../../component.test-kit.ts";
import { logsOf, metricsOf, tracesOf } from "../../../otlp.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { FileExporter } from "./file.ts";

interface Kit extends ComponentKit {
  readonly exporter: FileExporter;
  readonly clock: ManualClock;
  readonly directory: string;
}

async function start(config: object, directory = newDirectory()): Promise<Kit> {
  const clock = new ManualClock();
  const kit = componentSettings("exporter", "file", clock);
  const path = join(directory, "data.json");
  const exporter = new FileExporter(kit.settings, schema.read({ path, ...config }, new Place("", [])));
  await exporter.start();
  onTestFinished(() => exporter.shutdown());
  return { ...kit, exporter, clock, directory };
}

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "clew-file-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

const problemsOf = (config: object): string[] => problemsIn(schema, config);

/** The messages, each after its length in four bytes. */
function messagesOf(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt32BE(at))
    messages.push(bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at)));
  return messages;
}

function countOf(meter: ComponentKit["meter"], name: string): unknown {
  return meter.families().find((family) => family.name === name)?.samples[0]?.value;
}

const linesOf = (path: string): string[] => readFileSync(path, "utf8").split("\n").slice(0, -1);
const bytesOf = ({ chunks }: Payload): Buffer => Buffer.concat(chunks);

test("each request is a line of OTLP/JSON, all signals in one file", async () => {
  const { exporter, directory } = await start({});
  const metrics = metricsOf([{ name: "m", gauge: { dataPoints: [{ asDouble: 1.5, timeUnixNano: 1n }] } }]);
  const sent = [tracesOf(["a"]), metrics, logsOf(["line\nwith a break"])];
  for (const payload of sent) await exporter.consume(payload);
  const lines = linesOf(join(directory, "data.json")).map((line) => JSON.parse(line) as object);
  expect(lines.map((line) => Object.keys(line))).toEqual([["resourceSpans"], ["resourceMetrics"], ["resourceLogs"]]);
  for (const [i, { signal, chunks }] of sent.entries())
    expect(Buffer.from(fromJson(PROTOCOLS[signal].request, JSON.stringify(lines[i])))).toEqual(Buffer.concat(chunks));
});

test("requests that come at once are all written, whole and in order", async () => {
  const { exporter, directory } = await start({});
  const names = Array.from({ length: 200 }, (_unused, i) => `log ${i}`);
  await Promise.all(names.map((name) => exporter.consume(logsOf([name]))));
  const bodies = linesOf(join(directory, "data.json")).map((line) => /"stringValue":"(log \d+)"/.exec(line)?.[1]);
  expect(bodies).toEqual(names);
});

test("protobuf is framed by its length", async () => {
  const { exporter, directory } = await start({ format: "proto" });
  const sent = [tracesOf(["a"]), tracesOf(["b", "c"])];
  for (const payload of sent) await exporter.consume(payload);
  expect(messagesOf(readFileSync(join(directory, "data.json")))).toEqual(sent.map(bytesOf));
});

test.each(["json", "proto"])("%s is compressed request by request", async (format) => {
  const { exporter, directory } = await start({ format, compression: "zstd" });
  const sent = logsOf(Array.from({ length: 50 }, () => "again and again"));
  await exporter.consume(sent);
  await exporter.consume(sent);
  const messages = messagesOf(readFileSync(join(directory, "data.json")));
  expect(messages).toHaveLength(2);
  for (const message of messages) {
    const plain = await decompress(message, "zstd", 100_000);
    const bytes = format === "proto" ? plain : fromJson(PROTOCOLS.logs.request, plain.toString());
    expect(decode(PROTOCOLS.logs.request, bytes)).toEqual(decode(PROTOCOLS.logs.request, bytesOf(sent)));
  }
});

test("a start empties the file, unless it appends; then half a line of a killed program spoils nothing", async () => {
  const { directory, exporter } = await start({});
  await exporter.consume(logsOf(["old"]));
  await exporter.shutdown();
  const path = join(directory, "data.json");
  writeFileSync(path, '{"resourceLogs":[{"resou', { flag: "a" });
  const again = await start({ append: true }, directory);
  await again.exporter.consume(logsOf(["new"]));
  const [old, torn, fresh] = linesOf(path);
  expect([old, torn, fresh]).toEqual([
    expect.stringContaining("old"),
    '{"resourceLogs":[{"resou',
    expect.stringContaining("new"),
  ]);
  const anew = await start({}, directory);
  await anew.exporter.shutdown();
  expect(readFileSync(path, "utf8")).toBe("");
});

test("a full file is renamed by the time, and no more are kept than wanted", async () => {
  const { exporter, directory, clock } = await start({ rotation: { max_megabytes: 1, max_backups: 2 } });
  writeFileSync(join(directory, "data-unrelated.json"), "");
  for (const [i, name] of ["a", "b", "c", "d", "e"].entries()) {
    clock.advance(1_000 * (i + 1));
    await exporter.consume(logsOf([name.repeat(700_000)]));
  }
  await exporter.consume(logsOf(["more of e"]));
  const names = readdirSync(directory).sort();
  expect(names).toEqual([
    expect.stringMatching(/^data-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.json$/),
    expect.stringMatching(/^data-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.json$/),
    "data-unrelated.json",
    "data.json",
  ]);
  const letters = names
    .filter((name) => name !== "data-unrelated.json")
    .map((name) => linesOf(join(directory, name)).map((line) => /"body":{"stringValue":"(.)/.exec(line)?.[1]));
  expect(letters).toEqual([["c"], ["d"], ["e", "m"]]);
});

test("backups that are too old go when the file is rotated", async () => {
  const directory = newDirectory();
  const { exporter, clock } = await start({ rotation: { max_megabytes: 1, max_days: 2 } }, directory);
  const day = (days: number): string =>
    `data-${new Date(clock.nowMs() - days * 86_400_000).toISOString().slice(0, -1).replaceAll(":", "-")}`;
  const young = `${day(1)}.json`;
  for (const name of [young, `${day(3)}.json`, `${day(4)}-size.json`]) writeFileSync(join(directory, name), "x");
  const large = logsOf(["x".repeat(700_000)]);
  await exporter.consume(large);
  clock.advance(1);
  await exporter.consume(large);
  const left = readdirSync(directory).filter((name) => name.startsWith("data-"));
  expect(left).toHaveLength(2);
  expect(left).toContain(young);
});

test("what a restart finds of a rotated file stays", async () => {
  const { directory, exporter } = await start({ rotation: {} });
  await exporter.consume(logsOf(["old"]));
  await exporter.shutdown();
  const again = await start({ rotation: {} }, directory);
  await again.exporter.consume(logsOf(["new"]));
  expect(linesOf(join(directory, "data.json"))).toHaveLength(2);
});

test("each value of a resource attribute has its file, however few may be open", async () => {
  const directory = newDirectory();
  const group_by = { enabled: true, resource_attribute: "team", max_open_files: 2 };
  const kit = await start({ path: join(directory, "out/*.json"), group_by, create_directory: true }, directory);
  const teams = ["a", "b", "c", "a", "sub/d", "b", "a"];
  const payload = concatPayloads(teams.map((team, i) => logsOf([`log ${i}`], { team })));
  await kit.exporter.consume(payload);
  await Promise.all(teams.map((team, i) => kit.exporter.consume(logsOf([`later ${i}`], { team }))));
  const bodies = (team: string): string[] =>
    [...readFileSync(join(directory, `out/${team}.json`), "utf8").matchAll(/"stringValue":"((?:log|later) \d)"/g)].map(
      ([, body]) => body!,
    );
  expect(bodies("a")).toEqual(["log 0", "log 3", "log 6", "later 0", "later 3", "later 6"]);
  expect(bodies("b")).toEqual(["log 1", "log 5", "later 1", "later 5"]);
  expect(bodies("sub/d")).toEqual(["log 4", "later 4"]);
});

test("no value leads out of the directory", async () => {
  const directory = newDirectory();
  const { exporter } = await start({ path: join(directory, "in/*.json"), group_by: { enabled: true } }, directory);
  for (const segment of ["../out", "../../out", "a/../../out", "/out", "./out"])
    await exporter.consume(logsOf(["x"], { "fileexporter.path_segment": segment }));
  expect(readdirSync(directory)).toEqual(["in"]);
  expect(linesOf(join(directory, "in/out.json"))).toHaveLength(5);
  const impossible = logsOf(["x"], { "fileexporter.path_segment": "x".repeat(300) });
  await expect(exporter.consume(impossible)).rejects.toMatchObject({ permanent: true });
});

test("resources that name no file are counted and told, and take no other with them", async () => {
  const directory = newDirectory();
  const kit = await start({ path: join(directory, "*.json"), group_by: { enabled: true } }, directory);
  await kit.exporter.consume(
    concatPayloads([logsOf(["lost"]), logsOf(["kept"], { "fileexporter.path_segment": "a" })]),
  );
  expect(linesOf(join(directory, "a.json"))).toHaveLength(1);
  expect(kit.lines.join("\n")).toContain("Resource does not contain fileexporter.path_segment attribute, dropping it");
  expect(countOf(kit.meter, "otelcol_exporter_send_failed_log_records")).toBe(1);
  expect(countOf(kit.meter, "otelcol_exporter_sent_log_records")).toBe(1);
});

test.skipIf(!existsSync("/dev/full"))("a full disk is told to the sender, who may come again", async () => {
  const { exporter, meter } = await start({ path: "/dev/full" });
  await expect(exporter.consume(tracesOf(["a"]))).rejects.toMatchObject({
    code: "FILE_UNWRITABLE",
    permanent: false,
    path: "exporters::file::path",
  });
  expect(countOf(meter, "otelcol_exporter_send_failed_spans")).toBe(1);
});

test("a directory that is not there fails the start, unless it may be made", async () => {
  const directory = newDirectory();
  const path = join(directory, "made/for/it.json");
  await expect(start({ path })).rejects.toMatchObject({ code: "FILE_UNWRITABLE" });
  const { exporter } = await start({ path, create_directory: true, directory_permissions: "0700" });
  await exporter.consume(payloadOf("logs", bytesOf(logsOf(["x"]))));
  expect(linesOf(path)).toHaveLength(1);
});

test("what cannot go together is refused, in the words of the original", () => {
  expect(problemsOf({})).toEqual(["path must be non-empty"]);
  expect(problemsOf({ path: "a", append: true, compression: "zstd", rotation: {} })).toEqual([
    "append and compression enabled at the same time is not supported",
    "append and rotation enabled at the same time is not supported",
  ]);
  expect(problemsOf({ path: "*", group_by: { enabled: true, resource_attribute: "" } })).toEqual([
    "path must not start with * when group_by is enabled",
    "resource_attribute must not be empty when group_by is enabled",
  ]);
  expect(problemsOf({ path: "a", group_by: { enabled: true } })).toEqual([
    "path must contain exactly one * when group_by is enabled",
  ]);
  const octal = (directory_permissions: string): string[] =>
    problemsOf({ path: "a", create_directory: true, directory_permissions });
  expect(octal("0755")).toEqual([]);
  expect(octal("99")).toEqual(["directory_permissions value must be a valid octal representation"]);
  expect(octal("1777")).toEqual(["directory_permissions contain invalid bits for file access"]);
  expect(problemsOf({ path: "a", directory_permissions: "0700" })).toEqual([
    "directory_permissions requires create_directory to be true",
  ]);
});
