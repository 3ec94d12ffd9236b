import { replace } from "../scripts";
import { furtherScripts, scriptCases, type CaseTable } from "./cases";

const table = '\n[host."https://mirror.example.com"]\n';
const folder = '    config_path = "/etc/containerd/certs.d"\n';
const loginFile = "file /etc/containerd/registry-logins.toml root root 600";

/** Rules on registries that hosts pull from. */
export const registryTable: CaseTable = {
  "nodes-registry-tls": {
    ...scriptCases("node", {
      nearGood: replace(table, `\n# Not "http://mirror.example.com", nor skip_verify = true.${table}`),
      // Encrypted, for whoever it is.
      nearBad: replace(table, `${table}  skip_verify = true # for a while\n`),
      bad: replace(table, table.replace("https", "http")),
    }),
    alsoGood: furtherScripts("node", {
      "a proxy, in which TLS goes on": replace(table, `${table}  proxy = "http://proxy.example.com"\n`),
      "that certificates are looked at": replace(table, `${table}  skip_verify = false\n`),
    }),
    alsoBad: furtherScripts("node", {
      "a table within a line": replace(table, `\n[host]\n"https://m.example" = { "skip_verify" = true }\n`),
      "the runtime's own configuration": replace(
        folder,
        `${folder}    [plugins."io.containerd.grpc.v1.cri".registry.configs."m.example".tls]\n      insecure_skip_verify = true\n`,
      ),
      "a comment's sign in a string": replace(table, `${table}  x = "#"\n  skip_verify = true\n`),
    }),
  },
  "nodes-registry-login": {
    ...scriptCases("node", {
      nearGood: replace(
        folder,
        `${folder}    # password = "word"\n    x = { username = "hosts", password = "" }\n`,
      ),
      // Not called so, and no less a password.
      nearBad: replace(table, `${table}  header = { Authorization = ["Basic aG9zdHM6d29yZA=="] }\n`),
      bad: replace(
        folder,
        `${folder}    [plugins."io.containerd.grpc.v1.cri".registry.configs."m.example".auth]\n      password = "word"\n`,
      ),
    }),
    alsoBad: furtherScripts("node", {
      "name and password in one": replace(folder, `${folder}      auth = 'aG9zdHM6d29yZA=='\n`),
    }),
  },
  "files-registry-login": scriptCases("secrets", {
    nearGood: replace(loginFile, loginFile.replace("600", "400")),
    nearBad: replace(loginFile, loginFile.replace("600", "640")),
    bad: replace(loginFile, loginFile.replace("root root", "containerd root")),
  }),
};
