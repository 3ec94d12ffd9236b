"""Asks AWS: each line of input is [service, operation, parameters, JMESPath], each line of output {"answer"} or {"refusal"}."""

import functools
import json
import sys

import boto3
import botocore.exceptions
import jmespath

client = functools.cache(functools.partial(boto3.client, region_name=sys.argv[1]))


def call(service, operation, parameters):
    if client(service).can_paginate(operation):
        return client(service).get_paginator(operation).paginate(**parameters).build_full_result()
    return getattr(client(service), operation)(**parameters)


for line in sys.stdin:
    service, operation, parameters, query = json.loads(line)
    try:
        said = {"answer": jmespath.search(query, call(service, operation, parameters))}
    except botocore.exceptions.ClientError as refusal:
        said = {"refusal": str(refusal)}
    print(json.dumps(said, default=str), flush=True)
