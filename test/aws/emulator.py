"""moto's server, told of EC2 what it forgets (moto 5.2.5)."""

import sys

from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.responses.instances import InstanceResponse
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

main(sys.argv[1:])
