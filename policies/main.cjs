// What the language host loads. Packages come from the project's node_modules above this folder. ts-node, which the host
// registers for every pack, would check types again at each start; tsx only strips them, and keeps what it made. What is
// JavaScript already is loaded before tsx, which would look at every file of it.
"use strict";
require("@pulumi/policy");
require("yaml");
require("tsx/cjs");
require("./index.ts");
