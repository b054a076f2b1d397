#!/usr/bin/env node
import { bootstrap } from "../dist/bootstrap/bootstrap.js";

process.exitCode = bootstrap(process.argv.slice(2));
