/**
 * The entry: `node --import @clew/instrument app.js`. Importing it starts the SDK from the
 * environment and instruments what the application loads from then on.
 */
import { start } from "./start.ts";

start(process.env);
