import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

const WRITES = `
  import { writeErrorLine, writeOutputLine } from "@clew/sdk";
  let uncaught = 0;
  process.on("uncaughtException", () => uncaught++);
  process.once("message", () => {
    for (let line = 0; line < 3; line++) {
      writeErrorLine("nobody reads this");
      writeOutputLine("nor this");
    }
    setImmediate(() => setImmediate(() => process.send(uncaught, () => process.disconnect())));
  });
  writeOutputLine("100% as it is: %s %d");
  writeErrorLine("to standard error");
`;

test("lines go to the streams as they are, and nowhere when nobody reads them", async () => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", WRITES], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const [[output], [error]] = (await Promise.all([once(child.stdout!, "data"), once(child.stderr!, "data")])) as [
    [Buffer],
    [Buffer],
  ];
  expect(output.toString()).toBe("100% as it is: %s %d\n");
  expect(error.toString()).toBe("to standard error\n");
  child.stdout!.destroy();
  child.stderr!.destroy();
  child.send("go on");
  const [uncaught] = (await once(child, "message")) as [number];
  expect(uncaught).toBe(0);
  expect(await once(child, "exit")).toEqual([0, null]);
});

test("a process whose parent was killed ends as it would have, whatever it says at the end", async () => {
  const directory = mkdtempSync(join(tmpdir(), "clew-streams-"));
  const ending = join(directory, "ending");
  const child = `
    import { writeErrorLine } from "@clew/sdk";
    import { renameSync, writeFileSync } from "node:fs";
    const uncaught = [];
    process.on("uncaughtException", (error) => uncaught.push(error.message));
    process.once("disconnect", () => writeErrorLine("my parent is gone"));
    process.once("exit", (code) => {
      writeFileSync(${JSON.stringify(`${ending}.part`)}, JSON.stringify({ code, uncaught }));
      renameSync(${JSON.stringify(`${ending}.part`)}, ${JSON.stringify(ending)});
    });
    process.send("ready");
  `;
  const parent = `
    import { spawn } from "node:child_process";
    const child = spawn(process.execPath, ["--input-type=module", "-e", ${JSON.stringify(child)}], { stdio: ["ignore", "pipe", "pipe", "ipc"] });
    child.once("message", () => process.kill(process.pid, "SIGKILL"));
  `;
  try {
    await once(spawn(process.execPath, ["--input-type=module", "-e", parent], { cwd: import.meta.dirname }), "exit");
    await expect.poll(() => existsSync(ending), { timeout: 10_000 }).toBe(true);
    expect(JSON.parse(readFileSync(ending, "utf8"))).toEqual({ code: 0, uncaught: [] });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
