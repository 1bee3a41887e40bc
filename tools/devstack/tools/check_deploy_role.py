"""Compares deploy-role.yaml with what CloudFormation's handlers need for the resource types of template.yaml.

Usage: check_deploy_role.py deploy-role.yaml expanded.yaml. Prints what is wrong and ends with 1 if there is anything:

- an action that a handler needs and the service role is denied, or that it is allowed for another stack's resource
- an action of the service role that no handler needs
- an exception of handler_permissions.py that no handler needs any more
- a permission of one of the stack's roles that the boundary lacks, or anything of IAM in the boundary
- "*" as the resource of an action that supports resources
- a role or a policy without the path /deploy/, which keeps it out of the service role's reach
- a policy that is longer than IAM's limit
"""

import json
import sys

import handler_permissions as needs
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document
from samcli.yamlhelper import yaml_parse

ACCOUNT, REGION = "123456789012", "us-east-1"
STACK, OTHER_STACK = "order-fanout-prod", "order-fanout-other"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/99999999-2222-3333-4444-555555555555"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/deploy/order-fanout-deploy-prod-Boundary-A1B2C3D4E5F6"
VALUES = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "StackName": STACK,
    "KmsKeyArn": KEY,
    "ApiId": "*",
    "Boundary": BOUNDARY,
    "GitHubRepository": "owner/repository",
    "GitHubEnvironment": "prod",
    "ServiceRole.Arn": f"arn:aws:iam::{ACCOUNT}:role/deploy/order-fanout-deploy-prod-ServiceRole-A1B2C3D4E5F6",
}
# The values that make the policies longest.
LONGEST = {**VALUES, "AWS::Partition": "aws-us-gov", "AWS::Region": "ap-southeast-1", "StackName": "a" * 26}
# IAM's limits, in characters without white space: for all policies in a role, and for a managed policy.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
ROLE_LIMIT, MANAGED_LIMIT = 10240, 6144
MANAGED = ("Boundary", "DeployPolicy")
# Actions that no handler's schema lists.
ALSO_NEEDED = {
    "cloudformation:CreateChangeSet": "CloudFormation runs the template's transforms with the service role",
    "iam:CreateServiceLinkedRole": "API Gateway makes its role with the account's first domain name",
    "logs:DeleteLogDelivery": "an HTTP API's access logs",
    "logs:GetLogDelivery": "an HTTP API's access logs",
    "logs:ListLogDeliveries": "an HTTP API's access logs",
    "logs:UpdateLogDelivery": "an HTTP API's access logs",
    "lambda:DeleteFunctionConcurrency": "an updated function",
    "lambda:ListTags": "the tagging of functions and event sources",
    "lambda:UntagResource": "the tagging of functions and event sources",
}
# Actions that are allowed for other stacks' resources too, because no ARN or condition key names the stack.
NOT_BY_NAME = {
    "apigateway": "ids are generated; ApiId restricts the role to one API",
    "kms": "ids are generated, and CloudFormation does not tag keys",
    "s3": "all code is in one bucket",
    "lambda:ListTags": "an event source mapping's id is generated, and the action has no key for the function",
    "lambda:TagResource": "as above",
    "lambda:UntagResource": "as above",
}
# Actions that list by name or read AWS's own resources.
READ_ONLY = {"cloudwatch:DescribeAlarms", "codedeploy:GetDeploymentConfig"}


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.loads(json.dumps(yaml_parse(file.read())))


def resolve(value, values=VALUES):
    """A value of deploy-role.yaml, with all its conditions true."""
    if isinstance(value, list):
        return [resolve(item, values) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (function, argument), = value.items()
        if function == "Ref":
            return values[argument]
        if function == "Fn::GetAtt":
            return values[argument if isinstance(argument, str) else ".".join(argument)]
        if function == "Fn::If":
            return resolve(argument[1], values)
        if function == "Fn::Sub":
            for name, text in values.items():
                argument = argument.replace("${%s}" % name, text)
            return argument
    return {key: resolve(item, values) for key, item in value.items()}


def listed(value):
    return value if isinstance(value, list) else [value]


def allows(policies, action, resource, keys):
    context = EvalContext(
        principal_arn="", principal_type="AssumedRole", principal_account=ACCOUNT, action=action, resource_arn=resource,
        region=REGION, service_context=keys,
    )
    return evaluate(context, policies).decision == "Allow"


def name_of(kind, stack):
    return {
        "AWS::CloudWatch::Dashboard": stack,
        "AWS::Logs::LogGroup": f"/aws/lambda/{stack}-orders",
    }.get(kind, f"{stack}-Resource-A1B2C3D4E5F6")


def service_role(role, kinds):
    policies = [parse_policy_document(policy["PolicyDocument"]) for policy in role["Policies"]]
    used = set()
    for kind in kinds:
        handlers, excepted = needs.handlers(kind), needs.excepted(kind)
        all_actions = set().union(*handlers.values())
        for action in sorted(excepted - all_actions):
            yield f"{kind}: no handler needs {action}: remove the exception"
        for action in sorted(all_actions - excepted):
            used.add(action)
            yield from one_action(policies, kind, action)
    granted = {action for policy in policies for statement in policy for action in statement.actions}
    for action in sorted(granted - used - set(ALSO_NEEDED)):
        yield f"the service role may {action}, which no handler needs"
    for action in sorted(set(ALSO_NEEDED) - granted):
        yield f"the service role may not {action}: {ALSO_NEEDED[action]}"


def one_action(policies, kind, action):
    for stack, expected in ((STACK, True), (OTHER_STACK, False)):
        name = name_of(kind, stack)
        resource = needs.arn(kind, action, name, REGION, ACCOUNT)
        if kind == "AWS::DynamoDB::Table" and action.startswith("kms:"):
            resource = KEY
        keys = needs.context(kind, action, name, REGION, ACCOUNT, BOUNDARY)
        named = stack in resource or any(stack in str(value) for value in keys.values())
        if not expected and (not named or action in READ_ONLY):
            continue
        unnamed = resource != "*" and not named and action not in READ_ONLY
        if unnamed and action not in NOT_BY_NAME and action.split(":")[0] not in NOT_BY_NAME:
            yield f"{kind}: {action} on {resource} names no stack"
        if allows(policies, action, resource, keys) != expected:
            yield f"{kind}: {action} on {resource} {'is denied' if expected else 'is allowed'}"
    if action in ("iam:CreateRole", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary"):
        resource = needs.arn(kind, action, name_of(kind, STACK), REGION, ACCOUNT)
        for other in (None, BOUNDARY.replace("Boundary", "Another")):
            if allows(policies, action, resource, needs.context(kind, action, "", REGION, ACCOUNT, other)):
                yield f"{kind}: {action} is allowed with the boundary {other}"


def sample(resource, resources):
    """An ARN for a resource of a statement in template.yaml."""
    text = json.dumps(resource)
    if "KmsKeyArn" in text:
        return KEY
    for logical_id, of in resources.items():
        if f'"{logical_id}' not in text and f"{{{logical_id}" not in text:
            continue
        kind = "AWS::Lambda::Function" if of["Type"] == "AWS::Serverless::Function" else of["Type"]
        action = {
            "AWS::DynamoDB::Table": "dynamodb:GetItem", "AWS::Lambda::Function": "lambda:InvokeFunction",
            "AWS::Logs::LogGroup": "logs:CreateLogGroup", "AWS::SNS::Topic": "sns:Publish", "AWS::SQS::Queue": "sqs:SendMessage",
        }[kind]
        index = "/index/code" if "/index/" in text else ""
        return needs.arn(kind, action, name_of(kind, STACK), REGION, ACCOUNT) + index
    return f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:*" if ":alarm:" in text else resource


def boundary(document, resources):
    limit = [parse_policy_document(document)]
    allowed = {action for statement in limit[0] for action in statement.actions}
    yield from (f"the boundary allows {action}" for action in sorted(allowed) if action.split(":")[0] in ("iam", "sts"))
    used = set()
    for logical_id, of in resources.items():
        if of["Type"] not in ("AWS::IAM::Role", "AWS::IAM::Policy"):
            continue
        for policy in of["Properties"].get("Policies") or [of["Properties"]]:
            for statement in policy["PolicyDocument"]["Statement"]:
                via = statement.get("Condition", {}).get("StringEquals", {}).get("kms:ViaService", [])
                keys = {"kms:viaservice": via[0]["Fn::Sub"].replace("${AWS::Region}", REGION)} if via else {}
                for action in listed(statement["Action"]):
                    used.add(action)
                    for resource in listed(statement["Resource"]):
                        arn = sample(resource, resources)
                        if not allows(limit, action, arn, keys):
                            yield f"{logical_id} may {action} on {arn}, and the boundary denies it"
                        if STACK in arn and allows(limit, action, arn.replace(STACK, OTHER_STACK), keys):
                            yield f"the boundary allows {action} on another stack's resource"
    yield from (f"the boundary allows {action}, which no role needs" for action in sorted(allowed - used))


def wildcards(name, document):
    for statement in parse_policy_document(document):
        if "*" in statement.resources and "lambda:FunctionArn" not in json.dumps(statement.conditions):
            for action in statement.actions:
                if needs.supports_resources(action):
                    yield f"{name}: {statement.sid} allows {action} on *, which supports resources"


def length(document):
    return len("".join(json.dumps(resolve(document, LONGEST), separators=(",", ":")).split()))


def lengths(deploying):
    policies = deploying["ServiceRole"]["Properties"]["Policies"]
    total = sum(length(policy["PolicyDocument"]) for policy in policies)
    if total > ROLE_LIMIT:
        yield f"the service role's policies have {total} characters"
    for name in MANAGED:
        if length(deploying[name]["Properties"]["PolicyDocument"]) > MANAGED_LIMIT:
            yield f"{name} is too long"


def main():
    deploying, deployed = (read(path)["Resources"] for path in sys.argv[1:])
    role = resolve(deploying["ServiceRole"]["Properties"])
    documents = {policy["PolicyName"]: policy["PolicyDocument"] for policy in role["Policies"]}
    managed = {name: resolve(deploying[name]["Properties"]["PolicyDocument"]) for name in MANAGED}
    kinds = {of["Type"] for of in deployed.values()} - {"AWS::Serverless::Function"} | set(needs.OF_A_SERVERLESS_FUNCTION)

    found = list(service_role(role, sorted(kinds)))
    found += boundary(managed["Boundary"], deployed)
    found += (line for name, document in {**documents, **managed}.items() for line in wildcards(name, document))
    found += (f"{name} has not the path /deploy/" for name, of in deploying.items() if of["Properties"].get("Path") != "/deploy/")
    found += lengths(deploying)
    print("\n".join(found))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
