import { flag, replace } from "../scripts";
import { furtherScripts, scriptCases, type CaseTable, type RuleCases } from "./cases";

/** A change of the kubelet's file: what it says, then what looks kept, looks kept but is not, and is broken. */
function kubelet(is: string, nearGood: string, nearBad: string, bad: string): RuleCases {
  return scriptCases("node", {
    nearGood: replace(is, nearGood),
    nearBad: replace(is, nearBad),
    bad: replace(is, bad),
  });
}

const anonymous = "  anonymous:\n    enabled: false\n";
const suite = "  - TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256\n";

/** Rules on kubelets and kube-proxy. */
export const nodeTable: CaseTable = {
  "nodes-kubelet-anonymous-auth": {
    alsoGood: furtherScripts("node", {
      "another spelling of false": flag("kubelet", "anonymous-auth", "0"),
    }),
    alsoBad: furtherScripts("node", {
      "another spelling of true": flag("kubelet", "anonymous-auth", "TRUE"),
    }),
    ...kubelet(
      anonymous,
      '  anonymous: { "enabled": false }\n',
      "  anonymous: {}\n",
      "  anonymous:\n    enabled: true\n",
    ),
  },
  "nodes-kubelet-authorization": {
    ...kubelet("mode: Webhook\n", 'mode: "Webhook"\n', "mode: webhook\n", "mode: AlwaysAllow\n"),
  },
  "nodes-kubelet-client-ca": kubelet(
    "    clientCAFile: /etc/kubernetes/pki/ca.crt\n",
    "    clientCAFile: /other.crt\n",
    '    clientCAFile: ""\n',
    "    other: true\n",
  ),
  "nodes-kubelet-read-only-port": scriptCases("node", {
    nearGood: replace("readOnlyPort: 0\n", ""),
    // A flag beats the file.
    nearBad: flag("kubelet", "read-only-port", "10255"),
    bad: replace("readOnlyPort: 0\n", "readOnlyPort: 10255\n"),
  }),
  "nodes-kubelet-serving-certificate": kubelet(
    "tlsCertFile: /var/lib/kubelet/pki/kubelet.crt\n",
    "tlsCertFile: /other.crt\n",
    'tlsCertFile: ""\n',
    "",
  ),
  "nodes-kubelet-rotate-certificates": scriptCases("node", {
    nearGood: replace("rotateCertificates: true\n", ""),
    nearBad: flag("kubelet", "rotate-certificates", "false"),
    bad: replace("rotateCertificates: true\n", "rotateCertificates: false\n"),
  }),
  "nodes-kubelet-tls-ciphers": kubelet(
    suite,
    "",
    `${suite}  - TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA\n`,
    "  - TLS_RSA_WITH_AES_128_GCM_SHA256\n",
  ),
  "nodes-kubelet-streaming-timeout": {
    alsoGood: furtherScripts("node", {
      "a time with no hours": replace("IdleTimeout: 5m0s\n", "IdleTimeout: 0h5m0s\n"),
    }),
    alsoBad: furtherScripts("node", {
      "no hours, no minutes and no seconds": replace("IdleTimeout: 5m0s\n", "IdleTimeout: 0h0m0s\n"),
    }),
    ...kubelet(
      "streamingConnectionIdleTimeout: 5m0s\n",
      "streamingConnectionIdleTimeout: 10s\n",
      "streamingConnectionIdleTimeout: 0s\n",
      "streamingConnectionIdleTimeout: 0\n",
    ),
  },
  "nodes-kubelet-iptables": scriptCases("node", {
    nearGood: replace("makeIPTablesUtilChains: true\n", ""),
    nearBad: flag("kubelet", "make-iptables-util-chains", "false"),
    bad: replace("makeIPTablesUtilChains: true\n", "makeIPTablesUtilChains: false\n"),
  }),
  "nodes-kubelet-pod-pids": kubelet("podPidsLimit: 4096\n", "podPidsLimit: 1\n", "podPidsLimit: -1\n", ""),
  "nodes-kubelet-seccomp": kubelet(
    "seccompDefault: true\n",
    "seccompDefault: True\n",
    "seccompDefault: yes\n",
    "",
  ),
  "nodes-kube-proxy-metrics": {
    alsoGood: furtherScripts("node", {
      "loopback of IPv6": replace("metricsBindAddress: 127.0.0.1", 'metricsBindAddress: "[::1]:10249" #'),
    }),
    alsoBad: furtherScripts("node", {
      "a name that begins as loopback": replace(
        "metricsBindAddress: 127.0.0.1",
        "metricsBindAddress: localhost.evil",
      ),
    }),
    ...kubelet(
      "metricsBindAddress: 127.0.0.1:10249\n",
      "",
      "metricsBindAddress: 10.77.5.32:10249\n",
      "metricsBindAddress: 0.0.0.0:10249\n",
    ),
  },
  "controllers-scheduler-profiling": scriptCases("controlPlane", {
    nearGood: replace("enableContentionProfiling: false\n", "enableContentionProfiling: true\n"),
    nearBad: replace("enableProfiling: false\n", ""),
    bad: replace("enableProfiling: false\n", "enableProfiling: true\n"),
  }),
  "api-server-anonymous-auth": scriptCases("controlPlane", {
    nearGood: flag("kube-apiserver", "anonymous-auth-conditions", "true"),
    nearBad: flag("kube-apiserver", "anonymous-auth", undefined),
    bad: flag("kube-apiserver", "anonymous-auth", "true"),
  }),
};
