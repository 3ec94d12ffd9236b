import { replace } from "../scripts";
import { scriptCases, type CaseTable, type RuleCases } from "./cases";

const units = "/etc/systemd/system";

/** Cases of a file that must be root's with mode 0600. */
function rootOnly(phase: "controlPlane" | "etcd" | "node" | "secrets", path: string): RuleCases {
  const call = `file ${path} root root `;
  return scriptCases(phase, {
    nearGood: replace(`${call}600`, `${call}400`),
    nearBad: replace(`${call}600`, `file ${path} root adm 600`),
    bad: replace(`${call}600`, `${call}644`),
  });
}

const tlsKey = "file /etc/kubernetes/kube-apiserver/tls.key kube-apiserver kube-apiserver ";
const tlsCertificate = "file /etc/kubernetes/kube-apiserver/tls.crt kube-apiserver kube-apiserver ";
const dexKubeconfig = "file /etc/dex/kubeconfig dex dex ";
const schedulerKubeconfig = "file /etc/kubernetes/scheduler.conf ";
const authority = "file /etc/kubernetes/pki/ca.crt root root ";
const etcdData = "directory /var/lib/etcd etcd etcd 700";

/** Rules on owners and modes. */
export const fileTable: CaseTable = {
  "files-api-server-unit": rootOnly("controlPlane", `${units}/kube-apiserver.service`),
  "files-controller-manager-unit": rootOnly("controlPlane", `${units}/kube-controller-manager.service`),
  "files-scheduler-unit": rootOnly("controlPlane", `${units}/kube-scheduler.service`),
  "files-etcd-unit": rootOnly("etcd", `${units}/etcd.service`),
  "files-kubelet-unit": rootOnly("node", `${units}/kubelet.service`),
  "files-kubelet-configuration": rootOnly("node", "/var/lib/kubelet/config.yaml"),
  "files-cni-configuration": rootOnly("node", "/etc/cni/net.d/10-redoubt.conflist"),
  "files-root-kubeconfig": scriptCases("secrets", {
    nearGood: replace(`${schedulerKubeconfig}root root 600`, `${schedulerKubeconfig}root root 400`),
    nearBad: replace(
      `${schedulerKubeconfig}root root 600`,
      `${schedulerKubeconfig}kube-scheduler kube-scheduler 600`,
    ),
    bad: replace(
      "file /etc/kubernetes/super-admin.conf root root 600",
      "file /etc/kubernetes/super-admin.conf root root 644",
    ),
  }),
  "files-kubeconfig": scriptCases("secrets", {
    nearGood: replace(`${dexKubeconfig}600`, "file /etc/dex/kubeconfig root root 400"),
    nearBad: replace(`${dexKubeconfig}600`, "file /etc/dex/kubeconfig nobody nogroup 600"),
    bad: replace(`${dexKubeconfig}600`, `${dexKubeconfig}640`),
  }),
  "files-pki-owner": scriptCases("secrets", {
    // It is not below the folder.
    nearGood: replace("file /etc/kubernetes/kube-apiserver/tls.crt", "file /etc/kubernetes/pkix/tls.crt"),
    nearBad: replace(`${authority}644`, "file /etc/kubernetes/pki/ca.crt root kube-apiserver 644"),
    bad: replace(`${authority}644`, "file /etc/kubernetes/pki/ca.crt kube-apiserver kube-apiserver 644"),
  }),
  "files-certificate-mode": scriptCases("secrets", {
    nearGood: replace(`${tlsCertificate}644`, `${tlsCertificate}600`),
    nearBad: replace(`${tlsCertificate}644`, `${tlsCertificate}645`),
    bad: replace(`${tlsCertificate}644`, `${tlsCertificate}666`),
  }),
  "files-private-key": scriptCases("secrets", {
    nearGood: replace(`${tlsKey}600`, `${tlsKey}400`),
    // Whatever its name, what it holds is a key.
    nearBad: replace(
      `${tlsKey}600`,
      "file /etc/kubernetes/kube-apiserver/tls.txt kube-apiserver kube-apiserver 640",
    ),
    bad: replace(`${tlsKey}600`, `${tlsKey}644`),
  }),
  "etcd-data-directory": scriptCases("etcd", {
    nearGood: replace(etcdData, "directory /var/lib/etcd etcd etcd 500"),
    nearBad: replace(etcdData, "directory /var/lib/etcd etcd etcd 701"),
    bad: replace(etcdData, "directory /var/lib/etcd root root 755"),
  }),
  "etcd-encryption-provider": scriptCases("secrets", {
    nearGood: replace("- secretbox:", "- aescbc:"),
    nearBad: replace("- secrets\n", "- configmaps\n"),
    bad: replace("    providers:\n", "    providers:\n      - identity: {}\n"),
  }),
};
