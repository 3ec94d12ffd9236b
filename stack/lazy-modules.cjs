// Loaded before the program (nodeargs of Pulumi.yaml). At every start Pulumi loads what turns a program's functions into code for a
// cloud, TypeScript and npm's Arborist, and a package that puts source lines into stack traces. This program has no such
// functions, and under tsx Node.js finds source lines itself. Without them every run is 0.6 s shorter; who does use one gets it then.
"use strict";
const Module = require("node:module");

const loadedWhenUsed = new Set(["typescript", "@npmcli/arborist"]);
const notNeeded = "source-map-support/register";
const program = "@pulumi/pulumi";
const load = Module._load;

// Pulumi notes for every resource by which lines of the program it came about: a tenth of the state, all of which is written twice
// for each resource of an "up". Nobody reads it.
function withoutTraces(exports) {
  exports.Resource.stackTrace = () => [];
  return exports;
}

Module._load = function loadLate(request, ...rest) {
  if (request === notNeeded) return {};
  if (request === program) return withoutTraces(load.call(this, request, ...rest));
  if (!loadedWhenUsed.has(request)) return load.call(this, request, ...rest);
  const get = (_, key) => key === "__esModule" || load.call(this, request, ...rest)[key];
  return new Proxy({}, { get });
};
