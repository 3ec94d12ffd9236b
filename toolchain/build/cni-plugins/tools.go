//go:build tools

package tools

import _ "github.com/containernetworking/plugins/plugins/main/ptp"
import _ "github.com/containernetworking/plugins/plugins/main/loopback"
import _ "github.com/containernetworking/plugins/plugins/ipam/host-local"
