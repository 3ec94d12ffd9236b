// Runs a command of this folder on a box where nothing was done before: plain JavaScript, because until `npm ci` has run
// there is no TypeScript. When all is there it costs a few milliseconds.
"use strict";
const { spawn, spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

const root = path.dirname(__dirname);
const minimumNode = [20, 11];

function fail(message) {
  process.stderr.write(`redoubt: ${message}\n`);
  process.exit(1);
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > minimumNode[0] || (major === minimumNode[0] && minor >= minimumNode[1])) return;
  fail(
    `Node.js is ${process.versions.node}; ${minimumNode.join(".")} or newer is needed. Fix: install Node.js 20`,
  );
}

// A stamp of the lock file says which packages node_modules holds; npm writes it last, so a cut-off install is repeated.
function installPackages() {
  const lock = fs.readFileSync(path.join(root, "package-lock.json"));
  const wanted = createHash("sha256").update(lock).digest("hex");
  const stamp = path.join(root, "node_modules", ".redoubt-lock");
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === wanted) return;
  process.stderr.write("npm packages: installing\n");
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (npm.status !== 0) {
    fail(
      "npm ci failed (its message is above). Fix: check that the npm registry answers, then run the same command again",
    );
  }
  fs.writeFileSync(stamp, wanted);
}

checkNode();
installPackages();
const [command, ...rest] = process.argv.slice(2);
const script = path.join(root, "commands", `${command}.ts`);
if (!command || !fs.existsSync(script)) fail(`there is no command "${command}" in commands/`);
const child = spawn(process.execPath, ["--import", "tsx", script, ...rest], { cwd: root, stdio: "inherit" });
// A terminal tells its interrupt to the command too; it ends in its own way, and this waits for it.
const onTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
process.on("SIGINT", () => onTerminal || child.kill("SIGINT"));
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("error", ({ message }) => fail(message));
child.on("close", (code) => process.exit(code ?? 1));
