package main

import "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"

// resources are those that the project makes: what HashiCorp's provider calls them, and what @pulumi/aws does.
func resources() map[string]*tfbridge.ResourceInfo {
	return map[string]*tfbridge.ResourceInfo{
		"aws_default_security_group":             resource("ec2", "DefaultSecurityGroup"),
		"aws_ec2_instance_connect_endpoint":      resource("ec2transitgateway", "InstanceConnectEndpoint"),
		"aws_eip":                                resource("ec2", "Eip"),
		"aws_instance":                           resource("ec2", "Instance"),
		"aws_internet_gateway":                   resource("ec2", "InternetGateway"),
		"aws_kms_alias":                          resource("kms", "Alias"),
		"aws_kms_key":                            resource("kms", "Key"),
		"aws_lb":                                 resource("lb", "LoadBalancer"),
		"aws_lb_listener":                        resource("lb", "Listener"),
		"aws_lb_target_group":                    resource("lb", "TargetGroup"),
		"aws_lb_target_group_attachment":         resource("lb", "TargetGroupAttachment"),
		"aws_nat_gateway":                        resource("ec2", "NatGateway"),
		"aws_route":                              resource("ec2", "Route"),
		"aws_route53_record":                     record(),
		"aws_route_table":                        resource("ec2", "RouteTable"),
		"aws_route_table_association":            resource("ec2", "RouteTableAssociation"),
		"aws_security_group":                     resource("ec2", "SecurityGroup"),
		"aws_subnet":                             resource("ec2", "Subnet"),
		"aws_vpc_security_group_rules_exclusive": rulesExclusive(),
		"aws_vpc":                                resource("ec2", "Vpc"),
		"aws_vpc_security_group_egress_rule":     resource("vpc", "SecurityGroupEgressRule"),
		"aws_vpc_security_group_ingress_rule":    resource("vpc", "SecurityGroupIngressRule"),
	}
}

func resource(module, name string) *tfbridge.ResourceInfo {
	return &tfbridge.ResourceInfo{Tok: tfbridge.MakeResource("aws", module, name)}
}

// record has a list where HashiCorp's has one thing at most, which the bridge would make a single one.
func record() *tfbridge.ResourceInfo {
	info := resource("route53", "Record")
	info.Fields = map[string]*tfbridge.SchemaInfo{"alias": {Name: "aliases", MaxItemsOne: tfbridge.False()}}
	return info
}

// rulesExclusive has no id of its own, which the bridge wants; it is that of the group.
func rulesExclusive() *tfbridge.ResourceInfo {
	info := resource("ec2", "VpcSecurityGroupRulesExclusive")
	info.ComputeID = tfbridge.DelegateIDField("securityGroupId", "aws", "")
	return info
}

// functions are those that the project calls.
func functions() map[string]*tfbridge.DataSourceInfo {
	return map[string]*tfbridge.DataSourceInfo{
		"aws_ami": {Tok: tfbridge.MakeDataSource("aws", "ec2", "getAmi")},
	}
}
