"""moto's server, told of AWS what it forgets (moto 5.2.5)."""

import sys

from moto.core.responses import ActionResult
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.responses import EC2Response
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.utils import random_id
from moto.elbv2.models import ELBv2Backend
from moto.route53 import models as route53
from moto.server import main

# An interface without a public address has no association; moto shows an empty one.
association = NetworkInterface.association.fget
NetworkInterface.association = property(lambda interface: association(interface) or None)

# A rule that names a group has its description too; moto keeps it and shows that of networks only.
SecurityGroupRule.description = property(
    lambda rule: rule.ip_range.get("Description") or rule.source_group.get("Description")
)

run_instances = InstanceResponse.run_instances


def run_instances_as_asked(request):
    """Termination protection, and the groups of an interface, belong to the instance from its start."""
    answer = run_instances(request)
    for instance in answer.result.instances:
        instance.disable_api_termination = bool(request._get_param("DisableApiTermination"))
        if not instance.security_groups:
            instance.security_groups = list(instance.nics[0].group_set)
    return answer


InstanceResponse.run_instances = run_instances_as_asked

# What moto does not know to modify, it takes for a wish for no groups.
modify_groups = InstanceResponse._security_grp_instance_attribute_handler
InstanceResponse._security_grp_instance_attribute_handler = lambda request: (
    modify_groups(request) if request._get_param("Groups") else True
)

# A load balancer of which nobody says where it faces, faces the internet.
create_load_balancer = ELBv2Backend.create_load_balancer


def create_load_balancer_as_asked(backend, scheme, **asked):
    return create_load_balancer(backend, scheme=scheme or "internet-facing", **asked)


ELBv2Backend.create_load_balancer = create_load_balancer_as_asked

# Ids of zones begin with Z.
zone_id = route53.create_route53_zone_id
route53.create_route53_zone_id = lambda **asked: f"Z{zone_id(**asked)}"

# EC2 Instance Connect Endpoints, which moto has none of. Nothing ever connects to one.
endpoints = {}


def create_instance_connect_endpoint(request):
    subnet = request.ec2_backend.get_subnet(request._get_param("SubnetId"))
    tags = request._parse_tag_specification().get("instance-connect-endpoint", {})
    endpoint = {
        "InstanceConnectEndpointId": random_id("eice"),
        "SubnetId": subnet.id,
        "VpcId": subnet.vpc_id,
        "SecurityGroupIds": request._get_param("SecurityGroupIds"),
        "PreserveClientIp": request._get_bool_param("PreserveClientIp"),
        "State": "create-complete",
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }
    endpoints[endpoint["InstanceConnectEndpointId"]] = endpoint
    return ActionResult({"InstanceConnectEndpoint": endpoint})


def describe_instance_connect_endpoints(request):
    wanted = request._get_param("InstanceConnectEndpointIds") or endpoints
    found = [endpoint for identity, endpoint in endpoints.items() if identity in wanted]
    return ActionResult({"InstanceConnectEndpoints": found})


def delete_instance_connect_endpoint(request):
    endpoint = endpoints.pop(request._get_param("InstanceConnectEndpointId"))
    return ActionResult({"InstanceConnectEndpoint": {**endpoint, "State": "delete-complete"}})


EC2Response.create_instance_connect_endpoint = create_instance_connect_endpoint
EC2Response.describe_instance_connect_endpoints = describe_instance_connect_endpoints
EC2Response.delete_instance_connect_endpoint = delete_instance_connect_endpoint

main(sys.argv[1:])
