"""What is needed beside `sam delete` to leave nothing behind."""

from account import client, eventually, outputs, resources, status

SECONDS = 1800


def settle(stack):
    """Ends what the stack is doing, removes what is not its own, and says whether there is a stack to delete."""
    cloudformation = client("cloudformation")
    now = status(stack)
    if now == "UPDATE_IN_PROGRESS":
        cloudformation.cancel_update_stack(StackName=stack)
    if now and now.endswith("_IN_PROGRESS") and now != "REVIEW_IN_PROGRESS":
        now = eventually(lambda: settled(stack), SECONDS, 10) or status(stack)
    if now == "REVIEW_IN_PROGRESS":  # only a change set, which `sam delete` does not take for a stack
        cloudformation.delete_stack(StackName=stack)
        return {"exists": False, "status": now}
    if now:
        delete_probes(outputs(stack).get("OrdersTopicArn"))
        for kind, name in resources(stack).values():
            if kind == "AWS::DynamoDB::Table" and name:
                unprotect(name)
    return {"exists": bool(now), "status": now}


def delete_probes(topic):
    """Deletes the queues that end-to-end tests subscribed to the topic and left, as failing ones do."""
    sqs = client("sqs")
    for subscription in listed("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=topic) if topic else []:
        name = subscription["Endpoint"].rsplit(":", 1)[-1]
        if name.startswith("order-fanout-e2e-"):
            sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"])


def settled(stack):
    now = status(stack) or "DELETE_COMPLETE"
    return None if now.endswith("_IN_PROGRESS") else now


def unprotect(table):
    dynamodb = client("dynamodb")
    try:
        description = dynamodb.describe_table(TableName=table)["Table"]
    except dynamodb.exceptions.ResourceNotFoundException:
        return
    if description.get("DeletionProtectionEnabled"):
        dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)


def delete_tables(stack):
    """Deletes the tables that a stack with Environment=prod leaves."""
    dynamodb = client("dynamodb")
    left = tables(stack)
    for table in left:
        unprotect(table)
        dynamodb.delete_table(TableName=table)
    eventually(lambda: None if tables(stack) else True, 300, 5)
    return {"deleted": left}


def listed(service, operation, key, **arguments):
    pages = client(service).get_paginator(operation).paginate(**arguments)
    return [item for page in pages for item in page.get(key, [])]


def tables(stack):
    return [name for name in listed("dynamodb", "list_tables", "TableNames") if name.startswith(f"{stack}-")]


def queues(stack):
    return [url.rsplit("/", 1)[-1] for url in listed("sqs", "list_queues", "QueueUrls", QueueNamePrefix=stack)]


def log_groups(stack):
    found = []
    for prefix in (f"/aws/lambda/{stack}", f"/aws/vendedlogs/{stack}"):
        found += [group["logGroupName"] for group in listed("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=prefix)]
    return found


def leftovers(stack):
    """What still has the stack's name, by kind."""
    return {kind: names for kind, names in by_kind(stack) if names}


def by_kind(stack):
    def named(names):
        return [name for name in names if name.startswith(stack)]

    yield "stacks", [stack] if status(stack) else []
    yield "functions", named(one["FunctionName"] for one in listed("lambda", "list_functions", "Functions"))
    yield "tables", tables(stack)
    # SQS lists a deleted queue for up to a minute.
    eventually(lambda: None if queues(stack) else True, 90, 5)
    yield "queues", queues(stack)
    topics = (one["TopicArn"].rsplit(":", 1)[-1] for one in listed("sns", "list_topics", "Topics"))
    yield "topics", named(topics)
    yield "log groups", log_groups(stack)
    alarms = listed("cloudwatch", "describe_alarms", "MetricAlarms", AlarmNamePrefix=stack)
    yield "alarms", [one["AlarmName"] for one in alarms]
    yield "roles", named(one["RoleName"] for one in listed("iam", "list_roles", "Roles"))
    apis = client("apigatewayv2").get_apis(MaxResults="500").get("Items", [])
    yield "APIs", named(one["Name"] for one in apis)
    schedules = listed("scheduler", "list_schedules", "Schedules", NamePrefix=stack)
    yield "schedules", [one["Name"] for one in schedules]
