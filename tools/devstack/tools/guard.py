"""Patches the emulator's IAM checks where AWS checks something else, or where the emulator checks nothing.

It evaluates policies as AWS does, but equates the API operation with the IAM action, and does not check the role when AWS
itself acts with that role.
"""

import json
import logging

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import apigateway, dynamodb, eventbridge, lambda_svc
from ministack.services.cloudformation import provisioners

import service_role
from service_role import may

# The single operation's permission covers the batch operation.
BATCHES = {
    "sns:PublishBatch": "sns:Publish",
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}
# These operations need the permissions of their statements.
STATEMENTS = {
    "dynamodb:ExecuteStatement": lambda call: [call],
    "dynamodb:BatchExecuteStatement": lambda call: call.get("Statements", []),
    "dynamodb:ExecuteTransaction": lambda call: call.get("TransactStatements", []),
}
POLLING = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def batch_is_one(extract):
    def action(*request):
        name = extract(*request)
        return BATCHES.get(name, name)

    return action


def statement_by_statement(transaction_checks):
    """Checks each PartiQL statement as an action on its table or index, like the items of a transaction."""

    def checks(action, body, region, account):
        if action not in STATEMENTS:
            return transaction_checks(action, body, region, account)
        found = []
        for statement in STATEMENTS[action](json.loads(body)):
            parsed = dynamodb._parse_partiql(statement["Statement"], statement.get("Parameters", []))
            table = iam_actions._dynamodb_table_arn(parsed["table"], region, account)
            index = f"/index/{parsed['index']}" if parsed.get("index") else ""
            found.append((f"dynamodb:PartiQL{parsed['op'].capitalize()}", table + index))
        return found

    return checks


def stream_in_group(resource_of):
    """Appends `:*`, for the streams, to a log group's ARN, as policies have it."""

    def resource(service, method, path, headers, body, *rest):
        arn = resource_of(service, method, path, headers, body, *rest)
        if service != "logs" or ":log-group:" not in arn:
            return arn
        return f"{arn}:log-stream:{iam_actions._safe_json_field(body, 'logStreamName') or ''}"

    return resource


def service_names_its_account(trusts):
    """Sets aws:SourceAccount, as a service does, when the account assumes a role in place of a service."""

    def trusted(document, caller, context=None):
        if context and caller.endswith(":root"):
            context.service_context["aws:sourceaccount"] = get_account_id()
        return trusts(document, caller, context)

    return trusted


def polls_as_the_function(create):
    """Checks the permissions of the function's role to poll the queue when the event source mapping is created."""

    def created(logical_id, properties, stack):
        function, *_ = provisioners._lambda_function_for_cfn_ref(properties["FunctionName"])
        for action in POLLING:
            if not may(function["config"]["Role"], action, properties["EventSourceArn"]):
                raise ValueError(f"The function's execution role does not have permission to call {action}")
        return create(logical_id, properties, stack)

    return created


def starts_as_the_schedule(invoke):
    """Checks that the schedule's role may invoke the target."""

    def invoked(target, *rest):
        if may(target.get("RoleArn", ""), "lambda:InvokeFunction", target["Arn"]):
            return invoke(target, *rest)
        logging.getLogger("ministack").warning("the schedule's role may not start %s", target["Arn"])

    return invoked


def lets_the_api_in(invoke):
    """Checks that the function's policy lets API Gateway invoke it."""

    async def invoked(integration, api_id, stage, path, method, headers, body, query, route="$default", *rest, **more):
        arn = apigateway._extract_lambda_ref_from_integration_uri(integration.get("integrationUri", ""))
        context = iam_evaluator.EvalContext(
            principal_arn="*",
            principal_type="Service",
            principal_account="",
            action="lambda:InvokeFunction",
            resource_arn=arn,
            region=get_region(),
            service_context={
                "aws:sourcearn": f"arn:aws:execute-api:{get_region()}:{get_account_id()}:{api_id}/{stage}/{route}",
                "aws:sourceaccount": get_account_id(),
            },
        )
        policy, _owner = lambda_svc.function_policy_for_arn(arn)
        decision = iam_evaluator.evaluate_resource_policy(policy, context, service="apigateway.amazonaws.com").decision
        if decision != "Allow":
            return 500, {"Content-Type": "application/json"}, b'{"message":"Internal Server Error"}'
        return await invoke(integration, api_id, stage, path, method, headers, body, query, route, *rest, **more)

    return invoked


def teach():
    iam_actions.extract_iam_action = batch_is_one(iam_actions.extract_iam_action)
    iam_actions.dynamodb_transaction_checks = statement_by_statement(iam_actions.dynamodb_transaction_checks)
    iam_actions.extract_resource_arn = stream_in_group(iam_actions.extract_resource_arn)
    iam_evaluator.evaluate_trust_policy = service_names_its_account(iam_evaluator.evaluate_trust_policy)
    connect = provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventSourceMapping"]
    connect["create"] = polls_as_the_function(connect["create"])
    eventbridge._invoke_target = starts_as_the_schedule(eventbridge._invoke_target)
    apigateway._invoke_lambda_proxy = lets_the_api_in(apigateway._invoke_lambda_proxy)
    service_role.teach()
