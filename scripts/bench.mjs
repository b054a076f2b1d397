/** `npm run bench -- NAME [arguments]`: runs one benchmark of bench/ on built code; without a name, lists them. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT, run, setUp } from "./set-up.mjs";

const [name, ...rest] = process.argv.slice(2);
const names = readdirSync(join(ROOT, "bench"))
  .filter((file) => file.endsWith(".bench.mjs"))
  .map((file) => file.replace(".bench.mjs", ""));
if (name === undefined || !existsSync(join(ROOT, "bench", `${name}.bench.mjs`))) {
  console.log(`Benchmarks:\n${names.map((one) => `  npm run bench -- ${one}`).join("\n")}`);
  process.exit(name === undefined ? 0 : 1);
}
setUp();
run(process.execPath, [join("bench", `${name}.bench.mjs`), ...rest]);
