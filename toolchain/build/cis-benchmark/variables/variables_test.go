package variables

import "testing"

func TestFillReplacesWholeNamesThatHaveAValue(t *testing.T) {
	values := map[string]string{"kubeletconf": "/var/lib/kubelet/config.yaml", "etcdbin": "etcd"}
	for text, want := range map[string]string{
		"/bin/cat $kubeletconf":              "/bin/cat /var/lib/kubelet/config.yaml",
		"stat $kubeletconf; grep $etcdbin":   "stat /var/lib/kubelet/config.yaml; grep etcd",
		"stat $kubeletconfig":                "stat $kubeletconfig",
		"if test -z $CAFILE; then exit; fi":  "if test -z $CAFILE; then exit; fi",
		"awk '{print $2}'":                   "awk '{print $2}'",
		"echo ${role_name} $role_name $(id)": "echo ${role_name} $role_name $(id)",
	} {
		if got := Fill(text, values); got != want {
			t.Errorf("Fill(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestParseTakesWhatFollowsTheFirstEqualsSign(t *testing.T) {
	values, err := Parse([]string{"etcdbin=etcd", "apiserverconf=/a=b"})
	if err != nil || values["etcdbin"] != "etcd" || values["apiserverconf"] != "/a=b" {
		t.Errorf("Parse gave %v, %v", values, err)
	}
}

func TestParseRefusesWhatHasNoNameOrNoValue(t *testing.T) {
	for _, arg := range []string{"etcdbin", "=etcd"} {
		if values, err := Parse([]string{arg}); err == nil {
			t.Errorf("Parse(%q) gave %v and no error", arg, values)
		}
	}
}
