/** `npm start`: installs, builds, and runs `clew up --demo` with whatever arguments follow. */
import { ROOT, setUp } from "./set-up.mjs";

setUp();
process.chdir(ROOT);
const { main } = await import("../packages/clew/dist/main.js");
process.exitCode = await main(["up", "--demo", ...process.argv.slice(2)]);
