import { spawn } from "node:child_process";
import { once } from "node:events";
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
