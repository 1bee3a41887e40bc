"""Versions of the functions, and what CodeDeploy did with them."""

import time
import uuid

from account import Failed, client, eventually, resources, seen, status
from shop import request


def live(stack):
    """Version and memory of each function's alias `live`, by function."""
    functions = [name for kind, name in resources(stack).values() if kind == "AWS::Lambda::Function"]
    read = client("lambda").get_function_configuration
    found = {name: read(FunctionName=name, Qualifier="live") for name in functions}
    return {name: {"version": one["Version"], "memory": one["MemorySize"]} for name, one in sorted(found.items())}


def deployments(stack):
    """The deployments of all functions' aliases."""
    found = resources(stack)
    application = found["ServerlessDeploymentApplication"][1]
    groups = [name for kind, name in found.values() if kind == "AWS::CodeDeploy::DeploymentGroup"]
    codedeploy = client("codedeploy")
    made = [codedeploy.list_deployments(applicationName=application, deploymentGroupName=group)["deployments"] for group in groups]
    return [codedeploy.get_deployment(deploymentId=one)["deploymentInfo"] for ids in made for one in ids]


def code_deploy(stack):
    """Whether CodeDeploy moves this stack's aliases."""
    return seen(f"CodeDeploy has {len(deployments(stack))} deployments")


def rolled_back(stack, version):
    """CodeDeploy stopped the failing release, and the alias is back at the version before."""
    errors = [one["errorInformation"] for one in deployments(stack) if one.get("errorInformation")]
    if not errors:
        raise Failed("CodeDeploy stopped no deployment")
    reasons = ", ".join(sorted({error.get("code", "no code") for error in errors}))
    # One function's failure ends the update, and CloudFormation moves the other aliases back.
    now = eventually(lambda: ended(stack), 600, 5) or status(stack)
    alias = client("lambda").get_alias(FunctionName=resources(stack)["OrdersFunction"][1], Name="live")
    extra = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    result = f"CodeDeploy stopped {len(errors)} deployments ({reasons}), the stack is {now}, and live is at {alias['FunctionVersion']}"
    if alias["FunctionVersion"] != version or extra or now != "UPDATE_ROLLBACK_COMPLETE":
        raise Failed(f"{result} {extra or ''}; before, it was at {version}")
    return seen(f"{result}, as before")


def ended(stack):
    now = status(stack)
    return None if now.endswith("_IN_PROGRESS") else now


def traffic(shop, seconds):
    """Places up to two orders a second, whatever the answers, and counts them."""
    count, end = 0, time.monotonic() + float(seconds)
    while time.monotonic() < end:
        request(shop, "20.00", "Ada", str(uuid.uuid4()))
        count += 1
        time.sleep(0.5)
    return {"requests": count}
