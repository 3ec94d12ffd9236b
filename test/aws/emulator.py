"""moto's server, told of EC2 what it forgets (5.2.5)."""

import sys

from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.responses.instances import InstanceResponse
from moto.server import main

# An interface without a public address has no association; moto shows an empty one.
shown = NetworkInterface.association.fget
NetworkInterface.association = property(lambda interface: shown(interface) or None)

# Termination protection may be asked for with the instance; moto knows it from ModifyInstanceAttribute only.
started = InstanceResponse.run_instances


def run_instances(request):
    answer = started(request)
    for instance in answer.result.instances:
        instance.disable_api_termination = bool(request._get_param("DisableApiTermination"))
    return answer


InstanceResponse.run_instances = run_instances

main(sys.argv[1:])
