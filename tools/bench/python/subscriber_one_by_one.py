"""A subscriber's work in Python as it is usually written: a request for each order of a batch."""

import json
import os
from datetime import datetime, timezone

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from subscriber import parse, tracking_number

dynamodb = boto3.client("dynamodb")
TABLE = os.environ["TABLE"]


def handler(event, _context):
    failed = []
    for record in event["Records"]:
        try:
            insert(parse(json.loads(record["body"])))
        except (ValueError, KeyError, TypeError, ClientError, BotoCoreError):
            failed.append(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}


def insert(order_id):
    shipped_at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    row = {"order_id": {"S": order_id}, "tracking_number": {"S": tracking_number()}, "shipped_at": {"S": shipped_at}}
    try:
        dynamodb.put_item(TableName=TABLE, Item=row, ConditionExpression="attribute_not_exists(order_id)")
    except dynamodb.exceptions.ConditionalCheckFailedException:
        pass  # an earlier delivery inserted it
