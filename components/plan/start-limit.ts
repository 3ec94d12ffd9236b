/**
 * Seconds until a program of the cluster must answer after it was started, where systemd did not give it up before; on a fast host all
 * answer within ten. kubeadm gives a control plane as long on slow disks and processors (kubeadm-config.v1beta4, `timeouts.controlPlaneComponentHealthCheck`).
 */
export const startLimitSeconds = 240;
