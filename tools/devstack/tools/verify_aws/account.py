"""The account, and a stack in it."""

import time
from datetime import datetime, timezone

import boto3
from botocore.config import Config


class Failed(Exception):
    """What was looked for was observed not to hold."""


class NotPossible(Exception):
    """It cannot be observed here."""


def client(service):
    return boto3.client(service, config=Config(retries={"mode": "standard", "max_attempts": 8}))


def identity():
    """Who is calling, where and when. Without a region no client can be made."""
    region, today = boto3.Session().region_name, datetime.now(timezone.utc).date().isoformat()
    caller = client("sts").get_caller_identity() if region else {"Account": ""}
    return {"account": caller["Account"], "region": region, "date": today}


def seen(detail):
    return {"outcome": "seen", "detail": detail}


def resources(stack):
    """The stack's resources by logical id: type, and physical id or an empty text if it is not made yet."""
    pages = client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    found = [resource for page in pages for resource in page["StackResourceSummaries"]]
    return {one["LogicalResourceId"]: (one["ResourceType"], one.get("PhysicalResourceId", "")) for one in found}


def outputs(stack):
    described = client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def status(stack):
    """The stack's status, or None if there is no such stack."""
    cloudformation = client("cloudformation")
    try:
        return cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
    except cloudformation.exceptions.ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def eventually(poll, seconds, pause=1):
    """The first result of `poll` that is not None, or None after the time limit."""
    end = time.monotonic() + seconds
    while (found := poll()) is None and time.monotonic() < end:
        time.sleep(pause)
    return found
