#!/usr/bin/env node
// The `sealmesh` command: the program in services/cli under the pinned runtime.
import { argv } from "node:process";

argv.splice(2, 0, "services/cli/main.ts");
await import("./bootstrap.js");
