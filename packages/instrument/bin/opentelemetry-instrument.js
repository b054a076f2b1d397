#!/usr/bin/env node
import { instrument } from "../dist/command/instrument.js";

await instrument(process.argv.slice(2));
