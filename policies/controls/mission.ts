import { test, type ControlSource } from "./control";

/** What the project promises by itself. */
export const mission: ControlSource = {
  title: "The project's own controls",
  about: "What the README promises.",
  controls: {
    "No root login": {
      what: "root does not log in over SSH, has no password, and the stack itself uses another user",
      settings: ["hosts.adminUser"],
      rules: ["hosts-root-login", "hosts-root-connection"],
      tests: [
        test("cluster/stories/ssh.ts", "refuses root, even with the right key"),
        test("cluster/stories/ssh.ts", "leaves root without a password, and nobody with an empty one"),
        test("unit/hosts/hardening/hardening.test.ts", "lets one user in, by key only"),
      ],
    },
    "No password login": {
      what: "sshd takes no password, in whatever form it is asked for",
      rules: ["hosts-password-login"],
      tests: [
        test("cluster/stories/ssh.ts", "refuses passwords and keyboard-interactive"),
        test("cluster/own-kernel.test.ts", "refuses the password that it took before"),
      ],
    },
    "SSH keys only": {
      what: "the stack's key and those that are named open a host, nothing else; host keys are pinned from the first connection",
      settings: [
        "hosts.stackKeys",
        "hosts.sshPublicKeys",
        "hosts.operatorCidrs",
        "hosts.inventory.hosts[].hostKey",
      ],
      rules: ["hosts-unpinned-host-key", "hosts-weak-ssh-algorithms"],
      tests: [
        test("cluster/stories/ssh.ts", "offers publickey as the only method"),
        test("cluster/stories/ssh.ts", "refuses a key that it does not know"),
        test(
          "cluster/stories/stack-key.ts",
          "opens no host at its end, is in no state, and the stack goes on with the other",
        ),
        test("unit/stack/guard-rails.test.ts", "pins the host key"),
        test("cluster/stories/stranger.ts", "is an error with both fingerprints, and nothing is told to it"),
      ],
    },
    "No lock-out": {
      what: "a change of sshd or of the firewall that locks the operator out reverts by itself",
      tests: [
        test("cluster/stories/lockout.ts", "reverts by itself after a minute without a second login"),
        test(
          "cluster/stories/lockout.ts",
          "is refused at once when sshd does not understand it, and the old file stays",
        ),
      ],
    },
    "Host firewall": {
      what: "hosts drop what comes in, but for the ports of one table, each from named networks",
      settings: ["hosts.operatorCidrs", "apiServer.allowedCidrs"],
      rules: ["network-open-firewall"],
      tests: [
        test(
          "unit/hosts/hardening/hardening.test.ts",
          "opens on a ${role} the ports of the table, to those it names, and no other",
        ),
        test(
          "unit/hosts/hardening/hardening.test.ts",
          "is on a ${role} the whole ruleset of its golden, so that no line of another form lets anybody in",
        ),
        test("cluster/stories/tls.ts", "opens no port to the box but SSH and the API"),
      ],
    },
    "Every TLS certificate": {
      what: "each server and each client has a declared certificate with a key of its own, signed by an authority for one purpose, that ends; authorities are replaced while the cluster serves",
      settings: [
        "pki.leafValidityHours",
        "pki.renewBeforeHours",
        "pki.authorityValidityHours",
        "pki.epoch",
        "pki.authorities",
        "pki.protect",
        "apiServer.subjectAltNames",
      ],
      rules: [
        "certificates-lifetime",
        "certificates-key-strength",
        "certificates-usages",
        "certificates-wide-names",
        "certificates-server-names",
        "certificates-shared-key",
        "certificates-kubelet-host",
        "api-server-tls-version",
      ],
      tests: [
        test(
          "unit/pki/profiles.test.ts",
          "has a row for every server and client of a control plane and a node",
        ),
        test("unit/pki/cluster-pki.test.ts", "tell when each of them ends"),
        test(
          "cluster/stories/renewal.ts",
          "is issued anew by up, alone and with the key it had, and is what the server shows then",
        ),
        test(
          "cluster/stories/authorities.ts",
          "issue then: who kept a kubeconfig with the old one, and a certificate of it, still comes in",
        ),
        test("cluster/stories/authorities.ts", "vouch for every port, and the old ones for none"),
        test("cluster/stories/tls.ts", "speaks no TLS older than 1.2, and only AEAD suites"),
        test("cluster/stories/tls.ts", "keeps every private key to the one who reads it"),
      ],
    },
    Authentication: {
      what: "the API server lets nobody in unnamed; every other way in is switched on by name, and can be withdrawn",
      settings: [
        "access.users",
        "authentication.oidc",
        "authentication.staticTokens",
        "authentication.webhook",
        "authentication.bootstrapTokens",
        "identityProvider",
      ],
      rules: ["api-server-anonymous-auth", "api-server-token-auth-file", "api-server-client-ca"],
      tests: [
        test(
          "cluster/stories/tls.ts",
          "answers an anonymous request to the API server with 401, health included",
        ),
        test(
          "unit/config/authentication-settings.test.ts",
          "let nobody in but by certificate and service account, when nothing is said",
        ),
        test(
          "cluster/stories/authentication/certificates.ts",
          "is withdrawn by taking its owner out, at once, without a restart, and nobody else notices",
        ),
      ],
    },
    Authorization: {
      what: "Node and RBAC decide, unless the settings say why not; a node reaches only what is its own",
      settings: ["apiServer.authorizationMode", "authorization.abac", "authorization.webhook"],
      rules: [
        "authorization-always-allow",
        "authorization-node",
        "authorization-rbac",
        "authorization-abac",
        "api-server-node-restriction",
      ],
      tests: [
        test("cluster/stories/authorization.ts", "does not read the secret of a pod on another node"),
        test(
          "cluster/stories/authorization.ts",
          "a webhook that is down denies what only it could allow; what RBAC and ABAC allow still works",
        ),
      ],
    },
    "Default-deny network policies": {
      what: "every namespace of the settings, default, kube-public, kube-node-lease and kube-system deny both directions; what is allowed is named with its ports, and shown by real connections",
      note: "A namespace that kubectl makes has no policy until it is added to the settings; `npm run drift` names it.",
      settings: ["namespaces", "network.allow"],
      rules: ["network-default-deny", "network-dns", "network-open-policy"],
      tests: [
        test("unit/network/network-policies.test.ts", "never open all ports, nor all addresses"),
        test("cluster/stories/workloads.ts", "are not reached on another port, nor by a stranger"),
        test(
          "cluster/stories/workloads.ts",
          "do not reach hosts, though a policy lets them out: kubelet, etcd, SSH",
        ),
        test(
          "unit/network/probe-script.test.ts",
          "fails and names the flow when default deny lets one through",
        ),
      ],
    },
    "RBAC roles": {
      what: "five roles of people, without a wildcard in those that the stack makes; nobody has one unless the settings say so",
      settings: ["access.roleBindings"],
      rules: ["authorization-wildcard-role", "authorization-escalation"],
      tests: [
        test("unit/access/access.test.ts", "binds nobody unless the configuration says so"),
        test(
          "cluster/stories/rbac.ts",
          "are the whole of what ${user} may do: ${questions.length} questions of verb, resource and namespace",
        ),
        test(
          "cluster/stories/rbac.ts",
          "bind nothing to everybody, and no wildcard outside Kubernetes' own roles",
        ),
      ],
    },
    "No secret in the clear": {
      what: "keys, tokens and passwords stand in no state, log, command line or file that others can read",
      settings: ["secrets"],
      rules: ["secrets-plain-property", "secrets-command-text", "secrets-logged-command", "secrets-output"],
      tests: [
        test("cluster/stories/secrets.ts", "are encrypted in the state"),
        test("cluster/stories/secrets.ts", "are not in what up printed"),
        test("cluster/stories/secrets.ts", "are in no command line and no environment of a host's processes"),
        test("cluster/stories/secrets.ts", "are in no log of a host"),
        test("unit/stack/guard-rails.test.ts", "stand in no input that is not secret"),
      ],
    },
    Drift: {
      what: "what somebody changed by hand, on hosts or in the cluster, is found and put right",
      tests: [
        test("cluster/stories/drift.ts", "is looked for without changing anything"),
        test("cluster/stories/drift.ts", "is all put right by up --repair"),
      ],
    },
  },
};
