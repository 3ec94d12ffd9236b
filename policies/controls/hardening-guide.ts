import { test, type ControlSource } from "./control";

/** The recommendations of the guide's summary, under its headings. */
export const hardeningGuide: ControlSource = {
  title: "NSA/CISA Kubernetes Hardening Guide 1.2",
  about:
    "The recommendations of its summary (August 2022), in this project's words, by section of the guide.",
  controls: {
    "Pods: non-root": {
      what: "containers run as users that are not root",
      settings: ["apiServer.podSecurity.enforce", "namespaces[].podSecurity.enforce"],
      tests: [
        test("unit/network/coredns.test.ts", "meets the Pod Security Standard restricted"),
        test(
          "cluster/stories/workloads.ts",
          "do not run as root where the namespace is restricted, and may where it is not",
        ),
        test(
          "unit/config/environments.test.ts",
          "run in prod what staging runs: version, rules, and pods no freer",
        ),
      ],
      note: "Refused where a namespace enforces restricted; else warned about and audited.",
    },
    "Pods: immutable file systems": {
      what: "containers run with file systems that they can't write",
      because: "yours",
      reason: "No Pod Security Standard asks for it; it stands in the pods' own specifications.",
    },
    "Pods: image scanning": {
      what: "images are scanned for vulnerabilities",
      because: "yours",
      reason: "The stack has no registry and runs no scanner.",
    },
    "Pods: technical control": {
      what: "admission refuses privileged pods and what is used to break out",
      settings: ["apiServer.podSecurity.enforce", "namespaces[].podSecurity.enforce"],
      tests: [
        test("cluster/stories/workloads.ts", "are refused when privileged, in every namespace of the stack"),
        test(
          "cluster/stories/workloads.ts",
          "are refused privileged containers by the API server, where the namespace would let them",
        ),
        test(
          "unit/control-plane/kube-apiserver.test.ts",
          "CIS 5.2.1: puts every namespace under a Pod Security Standard, without exemptions",
        ),
      ],
    },
    "Pods: seccomp and AppArmor": {
      what: "processes are confined by seccomp, and by AppArmor where the kernel is the host's own",
      rules: ["nodes-kubelet-seccomp"],
      tests: [
        test("cluster/stories/workloads.ts", "are confined by seccomp when they say nothing of it"),
        test("cluster/own-kernel.test.ts", "enforces AppArmor profiles"),
      ],
    },
    "Pods: service account tokens": {
      what: "a pod that names no account has a token only when it asks, and no token lives for ever",
      settings: ["authentication.serviceAccounts.maxTokenExpirationHours"],
      rules: ["api-server-service-account-expiration", "api-server-service-account-lookup"],
      tests: [
        test(
          "cluster/stories/authentication/service-accounts.ts",
          "give no token to a pod that names no account, unless it asks",
        ),
        test(
          "cluster/stories/authentication/service-accounts.ts",
          "lose a token with the object that it is bound to, and every token with the account",
        ),
      ],
    },
    "Network: control plane behind a firewall": {
      what: "hosts drop what comes in but for named ports and networks; pods do not reach hosts",
      settings: ["hosts.operatorCidrs", "apiServer.allowedCidrs"],
      rules: ["network-open-firewall", "aws-public-api-endpoint", "aws-open-security-group"],
      tests: [
        test(
          "unit/hosts/hardening/hardening.test.ts",
          "denies input and forwarding unless a rule says otherwise",
        ),
        test(
          "cluster/stories/workloads.ts",
          "do not reach hosts, though a policy lets them out: kubelet, etcd, SSH",
        ),
      ],
    },
    "Network: etcd": {
      what: "etcd answers members, API servers and root's health check only",
      rules: [
        "etcd-client-cert-auth",
        "etcd-peer-client-cert-auth",
        "etcd-own-authority",
        "etcd-data-directory",
      ],
      tests: [
        test(
          "cluster/stories/tls.ts",
          "refuses a handshake without a client certificate on etcd's client and peer ports",
        ),
        test(
          "cluster/stories/tls.ts",
          "refuses an etcd client with a certificate of the Kubernetes authority",
        ),
        test(
          "cluster/high-availability.test.ts",
          "keeps etcd from everybody but its members: a worker can't even connect",
        ),
      ],
    },
    "Network: TLS between components": {
      what: "components of the control plane speak TLS, and each shows a certificate",
      rules: [
        "api-server-tls",
        "api-server-kubelet-client-certificate",
        "api-server-kubelet-certificate-authority",
        "etcd-client-verifies-server",
        "etcd-client-certificate",
      ],
      tests: [
        test(
          "unit/control-plane/kube-apiserver.test.ts",
          "listens with TLS only, and speaks TLS only to etcd",
        ),
        test("cluster/stories/tls.ts", "speaks no TLS older than 1.2, and only AEAD suites"),
      ],
    },
    "Network: encryption of etcd": {
      what: "secrets are encrypted before they reach etcd",
      settings: ["apiServer.encryptionProvider", "apiServer.encryptionKeys"],
      rules: ["etcd-encryption-at-rest", "etcd-encryption-provider"],
      tests: [
        test("cluster/stories/workloads.ts", "find their secrets encrypted in etcd"),
        test("cluster/stories/encryption.ts", "is the new one's then, on all that was there before too"),
        test(
          "cluster/stories/encryption.ts",
          "is the new one alone in the end, and the old one is on no host",
        ),
      ],
      note: "Secrets, and what Dex keeps; other objects lie in etcd as they are, on disks that are yours to encrypt.",
    },
    "Network: policies": {
      what: "network policies isolate pods, and each namespace has an explicit deny",
      note: "Each namespace of the settings and of Kubernetes itself; one that kubectl makes has none, and drift names it.",
      settings: ["namespaces", "network.allow"],
      rules: ["network-default-deny", "network-open-policy"],
      tests: [
        test("cluster/stories/workloads.ts", "are not reached on another port, nor by a stranger"),
        test(
          "unit/network/flows.test.ts",
          "without a rule: every namespace refuses every other, itself and the control plane, and no pod reaches the API server",
        ),
      ],
    },
    "Network: credentials": {
      what: "credentials lie encrypted in Secrets, not in files of configuration",
      settings: ["secrets"],
      rules: ["secrets-plain-property", "secrets-command-text"],
      tests: [
        test("cluster/stories/secrets.ts", "are in no file of a host that others can read"),
        test("cluster/stories/workloads.ts", "find their secrets encrypted in etcd"),
      ],
    },
    "Authentication: anonymous": {
      what: "anonymous requests are refused by API servers and kubelets",
      rules: ["api-server-anonymous-auth", "nodes-kubelet-anonymous-auth", "authorization-anonymous-binding"],
      tests: [
        test(
          "cluster/stories/tls.ts",
          "answers an anonymous request to the API server with 401, health included",
        ),
        test("cluster/stories/tls.ts", "answers the kubelet's port with 401 without a certificate"),
      ],
    },
    "Authentication: strong": {
      what: "people come in by OpenID Connect, or by certificates that live for hours",
      settings: ["identityProvider", "authentication.oidc", "access.users[].validityHours"],
      rules: ["api-server-token-auth-file"],
      tests: [
        test("cluster/stories/identity.ts", "logs in with a browser, and their group reaches the roles"),
        test(
          "cluster/stories/authentication/certificates.ts",
          "lives for the hours that the configuration says",
        ),
      ],
      note: "A second factor is the business of the directory or the issuer; passwords of static users have none.",
    },
    "Authorization: RBAC": {
      what: "roles say what people, components and service accounts may, and no more",
      settings: ["access.roleBindings", "apiServer.authorizationMode"],
      rules: ["authorization-rbac", "authorization-wildcard-role", "authorization-escalation"],
      tests: [
        test(
          "cluster/stories/rbac.ts",
          "are the whole of what ${user} may do: ${questions.length} questions of verb, resource and namespace",
        ),
        test(
          "unit/control-plane/bootstrap-rbac.test.ts",
          "bind administrators and the cluster's own components, each by its name",
        ),
      ],
    },
    "Logging: audit log": {
      what: "an audit log is written, by a policy, and kept",
      settings: ["apiServer.auditLog"],
      rules: ["api-server-audit-log", "api-server-audit-policy", "api-server-audit-maxage"],
      tests: [
        test(
          "cluster/stories/workloads.ts",
          "leave a trace in the audit log, with the user and without the secret",
        ),
      ],
    },
    "Logging: outlives a failure": {
      what: "logs outlive the failure of a pod or a node",
      tests: [
        test("cluster/stories/convergence.ts", "may be the control plane: objects and audit log survive"),
      ],
      note: "On the host's disk; a host that is lost takes its logs along.",
    },
    "Logging: hosts": {
      what: "hosts log too: auditd and the journal",
      tests: [
        test("cluster/own-kernel.test.ts", "runs auditd with all rules loaded"),
        test(
          "cluster/own-kernel.test.ts",
          "writes down who changed accounts, under the key by which an auditor searches, and nothing of who only read them",
        ),
      ],
      note: "Local machines share the box's kernel and have no auditd; `notApplicable` says so.",
    },
    "Logging: outside the cluster": {
      what: "logs are gathered outside the cluster, watched, and alerted on",
      because: "open",
      reason: "Nothing ships logs; an agent of yours can read /var/log and the journal.",
    },
    "Upgrades: patches": {
      what: "security patches are installed promptly",
      settings: ["kubernetes.version", "hardening.automaticReboot"],
      tests: [
        test("unit/config/settings.test.ts", "must not skip a minor, nor go back"),
        test(
          "cluster/stories/upgrade.ts",
          "reaches one node after the other, and a service with a disruption budget serves all the time",
        ),
        test("unit/hosts/hardening/hardening.test.ts", "install Debian's security updates by themselves"),
      ],
      note: "Debian's security updates come by themselves, where the host reaches a mirror, but for containerd and runc, which an operator updates when the node is drained (docs/nodes.md); Kubernetes' by a change of its version here.",
    },
    "Upgrades: scans and tests": {
      what: "the cluster is scanned and tested for weaknesses periodically",
      because: "yours",
      reason:
        "`npm test` attacks a cluster of its own; nothing scans yours on a schedule but `npm run drift`.",
    },
    "Upgrades: unused components": {
      what: "what is not used is not there",
      tests: [
        test("unit/node/node.test.ts", "starts no distribution's unit but containerd"),
        test("unit/access/dex.test.ts", "runs nothing of it and keeps no secret of it"),
      ],
    },
    "Workers: metadata of the cloud": {
      what: "pods do not get the credentials of their instance",
      rules: ["aws-imdsv1"],
    },
  },
};
