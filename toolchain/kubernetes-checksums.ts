import type { Architecture } from "./architecture";

type Checksums = Readonly<Record<string, string>>;

/**
 * sha256 of Kubernetes' own release binaries for Linux, by version, architecture and name, as kops has them
 * (`pkg/assets/assetdata`); those of kubeadm, kubectl and kubelet stand in kubespray's list too.
 */
export const kubernetesChecksums: Readonly<Record<string, Readonly<Record<Architecture, Checksums>>>> = {
  "1.34.4": {
    amd64: {
      "kube-apiserver": "9da2739e1cb9981986e181e9104be1863ef1d54c497e3c0232b41e1171582180",
      "kube-controller-manager": "089a7b944b1cd46f5e61d12dfe27ff769ebb6c11a1d671cfaae140a4174c039d",
      "kube-proxy": "707c5b303bf957b90812d3b0f4aa4733aabf9e997000ad59176c3487b061c13b",
      "kube-scheduler": "c21cc43d0d83ae406747587e7f1724f3d4a4f59e6b8095cb443d204a2affc848",
      kubeadm: "b967f1fa0e36621c402d38bb560eb4a943954d5cf5a00e5150842f6f5da73455",
      kubectl: "d50c359d95e0841eaad08ddc27c7be37cba8fdccfba5c8e2ded65e121ff112db",
      kubelet: "03b8fea715a7ef82eeaf518dee34c72670c57cc7bc40dc1320c04fbf4f15172f",
    },
    arm64: {
      "kube-apiserver": "6920f4b3e83521bc0fa591eb266f462c3c95b2a681f39aa6fea3daf6141882fe",
      "kube-controller-manager": "9c44a983b516eb5741aa1cf9d5c38a0180893fb17bd464bf2f03c84ce000a29d",
      "kube-proxy": "e07d767710209884982e4ca0abedf1ae85def5349da7fa8d70c1490090eaa4e1",
      "kube-scheduler": "92d517a8f6e4bb7fc2cb2db790ca78efea34820617ee3b8120f93d9e034aac9a",
      kubeadm: "d8028b7e8c8d6c9b3fc3da6bc88d4d0cfb33df1b4b026a7d6e8c35d1471c9f6e",
      kubectl: "5b982c0644ab1e27780246b9085a5886651b4a7ed86243acbb2bacc1bea01dda",
      kubelet: "c78845473c434ee85a2444eeab87f8b20f524e3ab6854a078f79468f44aad8f5",
    },
  },
  "1.35.4": {
    amd64: {
      "kube-apiserver": "d5fff07e41f6826963254685667cfb3ec354dd676aa697e75c1e973e86d28fc7",
      "kube-controller-manager": "be0dc23daaf568c51017ea867707bd38ab36a78a83982bc12af9184e8e370c2c",
      "kube-proxy": "db3001aa69c853e5a1a5d51c15eff112e6342a0fea9c99d7e272b6e47268c0a3",
      "kube-scheduler": "c796c9e54fc56745b9f50d2aa464d97d10007adc7cf0ba36a9cbf450a6f11770",
      kubeadm: "0c0497da793f8897c14e45340da919534b615294a1aab69dc1998896c0f11145",
      kubectl: "b529430df69a688fd61b64ad2299edb5fd71cb58be2a4779dba624c7d3510efd",
      kubelet: "983a6ba5a49823dcdd745c674e5e2416377dd27d6ad1b42d2befa0fb961a19f6",
    },
    arm64: {
      "kube-apiserver": "ef055372df04d541c84ab8cb6dabfa67c3f5f35e6cbe7642673f94e1ca560cf3",
      "kube-controller-manager": "0ba5bc092a1fe68987f2b4ae072146962ed31b73819c1552153894eff67968c0",
      "kube-proxy": "769bf09cc106c03beb7f10bf96b29ef26a9316e2a43f45b8265c7fb9b8c1d61a",
      "kube-scheduler": "ad75d09987d28f69d12959b880074ae3d2fedcf7491f5d41d6f23456d822333c",
      kubeadm: "e8f6b5bee3e2c8b5965f4ae65c2ae04e3f9f426d2458a1e2f159e824d419d92c",
      kubectl: "6a5a4cc4e396d7626a7a693a3044b51c75520f81db30fe6816c2554e53be336f",
      kubelet: "d710eef03bb4ad164bb77af9be5b11b44f874e2fc08153c7d383420d685f73e8",
    },
  },
  "1.36.3": {
    amd64: {
      "kube-apiserver": "1f217d397234a6d065da663c6e086fdb02c0f0de97a0758ff3e6f3956f4ef8ab",
      "kube-controller-manager": "7edfe976d5a06c7a702d653e914095f4a732a04bb2139115b6a6eba6a9b781c7",
      "kube-proxy": "f1b5eb4462df9d98751264c6256628d90fdc72ba8e9a8025d1f75674f078f254",
      "kube-scheduler": "b8955d4518c902110b50a825364339b1fb673822518ce0ba081a69ed634f8eee",
      kubeadm: "bba1733c701bf70ec74ba1cc3fd5745404c1134a8a4b0a5f8560cc9832023421",
      kubectl: "ebbd080e7c2e275093b55915722043257eb24004363e20acb3c4d71919f88336",
      kubelet: "46707a53209f826ad0f0d62371ac69cd00e78fd9a8176cf5f6f87f18f7f8b718",
    },
    arm64: {
      "kube-apiserver": "16001b9d35d23634c361a1e2b7b0fc7abe186984af697ef7a869c8c8cded78b7",
      "kube-controller-manager": "27868a5c822824945b93f2d8a724a5dcd99affc68b47230ae766bff8795bbb84",
      "kube-proxy": "5db204a2f79b26f676137052b45e391f6f8c93b85c85ef0a1f5d72647e3c7834",
      "kube-scheduler": "ca1c7cd0033942bf9ef7eac80e18375d91f6f29487244c3e685f11163b01a88d",
      kubeadm: "276cfbdc43b10fef663288cc1ed76abf77b1b7f700e9f1c053cb5dc3115484de",
      kubectl: "3d86f24401c41ae5a46ac50eef8865fe891d3647d324a0836f6c63757a126e62",
      kubelet: "57205a5daf5883873d87b4914e1e00bdd7707acd075714788cfb0fc1f60bc414",
    },
  },
};
