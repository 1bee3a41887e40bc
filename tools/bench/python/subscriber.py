"""A subscriber's work in Python: inserts a shipment for each order of a batch in one request, and returns the failures."""

import json
import os
import secrets
import uuid
from datetime import datetime, timezone

import boto3

dynamodb = boto3.client("dynamodb")
TABLE = os.environ["TABLE"]
INSERT = f"INSERT INTO \"{TABLE}\" VALUE {{'order_id': ?, 'tracking_number': ?, 'shipped_at': ?}}"
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def handler(event, _context):
    failed, orders = [], {}
    for record in event["Records"]:
        try:
            order_id = parse(json.loads(record["body"]))
            orders.setdefault(order_id, []).append(record["messageId"])
        except (ValueError, KeyError, TypeError):
            failed.append(record["messageId"])
    if orders:
        for messages, answer in zip(orders.values(), insert(orders)):
            if answer.get("Error", {}).get("Code") not in (None, "DuplicateItem"):
                failed.extend(messages)
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}


def parse(order):
    if order["type"] != "order.placed" or order["version"] != 1:
        raise ValueError("not an order that was placed")
    return str(uuid.UUID(order["order_id"]))


def insert(orders):
    shipped_at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    statements = [
        {"Statement": INSERT, "Parameters": [{"S": order_id}, {"S": tracking_number()}, {"S": shipped_at}]}
        for order_id in orders
    ]
    return dynamodb.batch_execute_statement(Statements=statements)["Responses"]


def tracking_number():
    return "".join(secrets.choice(LETTERS) for _ in range(12))
