"""Makes the emulator's CloudFormation act with a stack's service role (`--role-arn`), as AWS's does.

The emulator makes resources without any check, and ignores the role and the boundaries of roles. Here a resource is made, changed
or deleted only if the role may do what the type's handler does, on that resource: see handler_permissions.py. A stack without a
service role is not checked. The caller must be allowed to pass the role.
"""

import re
from contextvars import ContextVar

import handler_permissions as needs
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam
from ministack.services.cloudformation import changesets, handlers, provisioners, stacks
from ministack.services.cloudformation.helpers import _error, _p

# Properties with the name, or with what a resource without a name of its own belongs to: names, ARNs or URLs.
NAMES = {
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::IAM::Policy": "Roles",
    "AWS::Lambda::Alias": "FunctionName",
    "AWS::Lambda::EventInvokeConfig": "FunctionName",
    "AWS::Lambda::EventSourceMapping": "FunctionName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::Permission": "FunctionName",
    "AWS::Lambda::Version": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SNS::Subscription": "TopicArn",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SQS::QueuePolicy": "Queues",
}

_role = ContextVar("the service role of the stack in progress", default=None)
_roles = {}


def may(role_arn, action, resource, keys=None):
    """Whether a role's policies and its boundary allow an action."""
    role = role_arn.rsplit("/", 1)[-1]
    account = get_account_id()
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{role}/service",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context=keys or {},
    )
    limits = iam_evaluator._permissions_boundary(iam._roles, role, account)
    return iam_evaluator.evaluate(context, iam_evaluator._gather_role_policies(role, account), *limits).decision == "Allow"


def names_of(kind, properties, own):
    given = properties.get(NAMES.get(kind)) or own
    if kind == "AWS::Logs::LogGroup":
        return [given]
    given = given if isinstance(given, list) else [given]
    # A function's ARN may end with its alias.
    return [re.split("[:/]", re.sub("^.*:function:|:live$", "", name))[-1] for name in given]


def boundary_of(role):
    return (iam._roles.get(role) or {}).get("PermissionsBoundary")


def check(kind, handler, properties, own):
    role = _role.get()
    if not role:
        return
    actions = needs.handlers(kind).get(handler, set()) - needs.excepted(kind)
    for name in names_of(kind, properties, own):
        boundary = properties.get("PermissionsBoundary") if kind == "AWS::IAM::Role" and handler != "delete" else boundary_of(name)
        for action in sorted(actions):
            resource = needs.arn(kind, action, name, get_region(), get_account_id())
            if action == "iam:PassRole":
                target = properties.get("Target", {})
                resource = properties.get("Role") or properties.get("ServiceRoleArn") or target.get("RoleArn")
            elif kind == "AWS::DynamoDB::Table" and action.startswith("kms:"):
                resource = properties.get("SSESpecification", {}).get("KMSMasterKeyId")
                if not resource:
                    continue
            keys = needs.context(kind, action, name, get_region(), get_account_id(), boundary)
            if not may(role, action, resource, keys):
                raise ValueError(f"{role} is not authorized to perform: {action} on resource: {resource}")


def checked(kind, operations):
    create, update, delete = (operations.get(name) for name in ("create", "update", "delete"))

    def created(logical_id, properties, stack):
        check(kind, "create", properties, f"{stack}-{logical_id}-A1B2C3D4E5F6")
        return create(logical_id, properties, stack)

    def updated(physical_id, old, new, *rest):
        check(kind, "update", new, physical_id)
        return update(physical_id, old, new, *rest)

    def deleted(physical_id, properties, *rest):
        check(kind, "delete", properties, physical_id)
        return delete(physical_id, properties, *rest)

    wrapped = {"create": created, "update": updated, "delete": deleted}
    return {**operations, **{name: wrapped[name] for name in wrapped if name in operations}}


def with_boundary(operation, properties_at):
    """Records a role's boundary, which the emulator drops."""

    def done(*arguments):
        result = operation(*arguments)
        properties = arguments[properties_at]
        if boundary := properties.get("PermissionsBoundary"):
            iam._roles[result[0]]["PermissionsBoundary"] = boundary
        else:
            iam._roles[result[0]].pop("PermissionsBoundary", None)
        return result

    return done


def stack_of(params):
    name = _p(params, "StackName")
    return name.split("/")[1] if name.startswith("arn:") else name


def passes_role(operation):
    """Keeps the request's role as the stack's, if the caller may pass it."""

    def done(params):
        if role := _p(params, "RoleARN"):
            caller = iam_evaluator.caller_arn()
            keys = {"iam:passedtoservice": "cloudformation.amazonaws.com"}
            if ":assumed-role/" in caller and not may(caller.split("/")[1], "iam:PassRole", role, keys):
                return _error("AccessDenied", f"User: {caller} is not authorized to perform: iam:PassRole on resource: {role}", 403)
            _roles[stack_of(params)] = role
        return operation(params)

    return done


def with_role(run):
    async def ran(stack, *arguments, **more):
        _role.set(_roles.get(stack))
        await run(stack, *arguments, **more)

    return ran


def names_boundary(request_context):
    """Adds iam:PermissionsBoundary: the one in the request, or else the role's."""

    def context(service, action, body, params):
        keys = request_context(service, action, body, params)
        if service == "iam":
            asked, role = (iam_actions._query_param(params, name) for name in ("PermissionsBoundary", "RoleName"))
            if boundary := asked or boundary_of(role):
                keys = {**keys, "iam:PermissionsBoundary": boundary}
        return keys

    return context


def with_path(resource_of):
    """Names a role by its whole ARN, with the path."""

    def resource(service, method, path, headers, body, params, *rest):
        role = iam._roles.get(iam_actions._query_param(params, "RoleName")) if service == "iam" else None
        return role["Arn"] if role else resource_of(service, method, path, headers, body, params, *rest)

    return resource


def teach():
    role = provisioners._RESOURCE_HANDLERS["AWS::IAM::Role"]
    role["create"] = provisioners._iam_role_create = with_boundary(role["create"], 1)
    role["update"] = with_boundary(role["update"], 2)
    for kind, operations in provisioners._RESOURCE_HANDLERS.items():
        if not kind.startswith("AWS::CloudFormation::"):
            provisioners._RESOURCE_HANDLERS[kind] = checked(kind, operations)
    for name in ("CreateChangeSet", "DeleteStack"):
        handlers._ACTION_HANDLERS[name] = passes_role(handlers._ACTION_HANDLERS[name])
    for name in ("_deploy_stack_async", "_delete_stack_async"):
        run = with_role(getattr(stacks, name))
        for module in (changesets, handlers):
            if hasattr(module, name):
                setattr(module, name, run)
    iam_actions.request_tag_context = names_boundary(iam_actions.request_tag_context)
    iam_actions.extract_resource_arn = with_path(iam_actions.extract_resource_arn)
