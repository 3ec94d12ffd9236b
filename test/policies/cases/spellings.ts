import { edits, flag, replace, wordsBefore, type Edit } from "../scripts";
import { furtherScripts, type RuleCases } from "./cases";

type Further = Pick<RuleCases, "alsoGood" | "alsoBad">;

const environment = (assignment: string): Edit =>
  replace(
    "ExecStart=/usr/local/bin/etcd \\\n",
    `Environment=${assignment}\nExecStart=/usr/local/bin/etcd \\\n`,
  );
const gates = (value: string): Edit => flag("kube-controller-manager", "feature-gates", value);

/** Other ways to give a program a flag, by the rule that must see through them. */
export const spellings: Readonly<Record<string, Further>> = {
  "authorization-always-allow": {
    alsoBad: furtherScripts("controlPlane", {
      "a mode that another list adds to": wordsBefore("kube-apiserver", "--authorization-mode=AlwaysAllow"),
    }),
  },
  "api-server-always-admit": {
    alsoBad: furtherScripts("controlPlane", {
      "a plugin of the first of two lists": wordsBefore(
        "kube-apiserver",
        "--enable-admission-plugins=AlwaysAdmit",
      ),
      "a plugin of a flag with other dashes": wordsBefore(
        "kube-apiserver",
        "--enable_admission_plugins=AlwaysAdmit",
      ),
    }),
  },
  "api-server-profiling": {
    alsoGood: furtherScripts("controlPlane", {
      "another spelling of false": flag("kube-apiserver", "profiling", "F"),
      "the last of two values": wordsBefore("kube-apiserver", "--profiling=true"),
    }),
    alsoBad: furtherScripts("controlPlane", {
      "another spelling of true": flag("kube-apiserver", "profiling", "T"),
    }),
  },
  "api-server-service-account-lookup": {
    alsoGood: furtherScripts("controlPlane", {
      "another spelling of true": flag("kube-apiserver", "service-account-lookup", "1"),
    }),
  },
  "controllers-rotate-kubelet-server-certificate": {
    alsoGood: furtherScripts("controlPlane", {
      "a gate that is opened after it was closed": gates(
        "RotateKubeletServerCertificate=false,RotateKubeletServerCertificate=true",
      ),
    }),
    alsoBad: furtherScripts("controlPlane", {
      "another spelling of false": gates("RotateKubeletServerCertificate=F"),
      "a gate of the first of two lists": edits(
        gates("A=true"),
        wordsBefore("kube-controller-manager", "--feature-gates=RotateKubeletServerCertificate=False"),
      ),
    }),
  },
  "etcd-auto-tls": {
    alsoGood: furtherScripts("etcd", {
      "a flag that beats the environment": edits(
        environment("ETCD_AUTO_TLS=true"),
        flag("etcd", "auto-tls", "0"),
      ),
    }),
    alsoBad: furtherScripts("etcd", {
      "what the environment turns on": environment('GOGC=50 "ETCD_AUTO_TLS=true"'),
    }),
  },
  "etcd-plain-urls": {
    alsoGood: furtherScripts("etcd", {
      "loopback of IPv6": flag("etcd", "listen-metrics-urls", "http://[::1]:2381"),
    }),
    alsoBad: furtherScripts("etcd", {
      "a name that begins as loopback": flag("etcd", "listen-metrics-urls", "http://localhost.evil:2381"),
      "an address that begins as loopback": flag("etcd", "listen-metrics-urls", "http://127.evil:2381"),
      "a scheme in capitals": flag("etcd", "listen-client-urls", "HTTP://10.77.5.10:2379"),
      "a URL of the environment": edits(
        flag("etcd", "listen-metrics-urls", undefined),
        environment("ETCD_LISTEN_METRICS_URLS=http://0.0.0.0:2381"),
      ),
    }),
  },
};
