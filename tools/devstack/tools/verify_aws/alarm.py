"""An alarm's message reaches a subscriber of the alarm topic."""

import json

from account import Failed, client, eventually, outputs, resources, seen

ALARM = "FulfilmentDlqHasMessages"
SECONDS = 120


def check(stack):
    sqs, sns = client("sqs"), client("sns")
    topic, alarm = outputs(stack)["AlarmTopicArn"], resources(stack)[ALARM][1]
    queue = sqs.create_queue(QueueName=f"{stack}-verify-alarms")["QueueUrl"]
    subscription = None
    try:
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        allow = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
        subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)["SubscriptionArn"]
        # The action runs only when the state changes.
        cloudwatch = client("cloudwatch")
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="cargo xtask verify aws")
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="cargo xtask verify aws")
        if not eventually(lambda: message(sqs, queue, alarm), SECONDS):
            raise Failed(f"{ALARM} was set to ALARM, and no message came within {SECONDS} s")
    finally:
        if subscription:
            sns.unsubscribe(SubscriptionArn=subscription)
        sqs.delete_queue(QueueUrl=queue)
    return seen(f"{ALARM} was set to ALARM, and its message came to a queue that was subscribed to the alarm topic")


def message(sqs, queue, alarm):
    for found in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5, MaxNumberOfMessages=10).get("Messages", []):
        notification = json.loads(json.loads(found["Body"])["Message"])
        if notification.get("AlarmName") == alarm and notification.get("NewStateValue") == "ALARM":
            return True
    return None
