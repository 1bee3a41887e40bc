"""What the stack's roles may do, by IAM's policy simulator."""

import json
from collections import defaultdict
from pathlib import Path

from account import Failed, client, identity, resources, seen

SHOWN = 5


def arn_of(resource, found, caller):
    """The ARN of a resource that the table names by its logical id."""
    if resource == "*":
        return "*"
    logical, _, index = resource.partition("/")
    kind, physical = found[logical]
    here = f"{caller['region']}:{caller['account']}"
    match kind:
        case "AWS::DynamoDB::Table":
            return f"arn:aws:dynamodb:{here}:table/{physical}" + (f"/{index}" if index else "")
        case "AWS::SQS::Queue":
            return f"arn:aws:sqs:{here}:{physical.rsplit('/', 1)[-1]}"
        case "AWS::SNS::Topic":
            return physical
        case "AWS::Logs::LogGroup":
            return f"arn:aws:logs:{here}:log-group:{physical}:log-stream:verify"
        case "AWS::Lambda::Function":
            return f"arn:aws:lambda:{here}:function:{physical}:live"
        case "AWS::IAM::Role":
            return f"arn:aws:iam::{caller['account']}:role/{physical}"
    raise Failed(f"{logical} is of a kind that the table does not have: {kind}")


def check(stack, tries):
    found, caller, iam = resources(stack), identity(), client("iam")
    expected = defaultdict(dict)
    for one in json.loads(Path(tries).read_text()):
        expected[one["role"], one["resource"]][one["action"]] = one["allowed"]
    wrong, count = [], 0
    for (role, resource), actions in expected.items():
        source = arn_of(role, found, caller)
        answer = iam.simulate_principal_policy(
            PolicySourceArn=source, ActionNames=list(actions), ResourceArns=[arn_of(resource, found, caller)]
        )
        results = {result["EvalActionName"]: result["EvalDecision"] == "allowed" for result in answer["EvaluationResults"]}
        count += len(actions)
        for action, allowed in actions.items():
            if results.get(action) is not allowed:
                wrong.append(f"{role} {'may not' if allowed else 'may'} {action} on {resource}")
    roles = len({role for role, _ in expected})
    if wrong:
        raise Failed(f"{len(wrong)} of {count} decisions differ from docs/reference/security.md: {'; '.join(wrong[:SHOWN])}")
    return seen(f"{count} simulated calls of {roles} roles, each decided as docs/reference/security.md says. Simulated, not made.")
