// Loaded before the program (nodeargs of Pulumi.yaml), so that Pulumi does not do at every run what nobody reads.
"use strict";
const Module = require("node:module");

// What turns a program's functions into code for a cloud, TypeScript and npm's Arborist, loads when it is used: this program has no such
// functions. A package that puts source lines into stack traces is not needed, under tsx Node.js finds them itself.
const loadedWhenUsed = new Set(["typescript", "@npmcli/arborist"]);
const notNeeded = "source-map-support/register";
const load = Module._load;

/** By which lines of the program each resource came about is a tenth of the state, which is written twice for each of them. */
function withoutTraces(pulumi) {
  pulumi.Resource.stackTrace = () => [];
}

/** Four messages for each resource, one after the other, which the engine throws away unless it is asked to log them (`--logflow`). */
function withoutDebugMessages(log) {
  log.debug = () => Promise.resolve();
}

/** Where a promise was made is written at a leak alone, and costs a stack trace for each. */
function withoutPromiseTraces(debuggable) {
  const { debuggablePromise } = debuggable;
  debuggable.debuggablePromise = (...args) => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return debuggablePromise(...args);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  };
}

function lighten(pulumi) {
  withoutTraces(pulumi);
  withoutDebugMessages(load("@pulumi/pulumi/log", module));
  withoutPromiseTraces(load("@pulumi/pulumi/runtime/debuggable", module));
  return pulumi;
}

let lightened;
Module._load = function loadLate(request, ...rest) {
  if (request === notNeeded) return {};
  if (request === "@pulumi/pulumi") return (lightened ??= lighten(load.call(this, request, ...rest)));
  if (!loadedWhenUsed.has(request)) return load.call(this, request, ...rest);
  const get = (_, key) => key === "__esModule" || load.call(this, request, ...rest)[key];
  return new Proxy({}, { get });
};
