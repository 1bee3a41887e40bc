"""The orders function's work in Python: parse, save with a pending flag, publish, clear the pending flag."""

import json
import os
import secrets
import uuid
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation

import boto3

dynamodb = boto3.client("dynamodb")
sns = boto3.client("sns")
TABLE = os.environ["ORDERS_TABLE"]
TOPIC = os.environ["ORDERS_TOPIC_ARN"]
SHARDS = int(os.environ["OUTBOX_SHARDS"])


def handler(event, _context):
    try:
        body = json.loads(event["body"])
        customer, amount = parse(body)
    except json.JSONDecodeError:
        return problem(400, "This is not JSON.")
    except ValueError as error:
        return problem(422, str(error))

    order_id = uuid.uuid4()
    placed_at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    trace = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
    save(order_id, customer, amount, placed_at, trace)
    publish(order_id, customer, amount, placed_at, trace)
    clear(order_id)
    order = {
        "id": str(order_id), "customer": customer, "currency": "USD", "placed_at": placed_at, "amount": str(amount),
        "discount": None, "total": str(amount), "status": "placed", "shipment": None, "coupon": None,
    }
    headers = {"content-type": "application/json", "location": f"/orders/{order_id}", "cache-control": "no-store"}
    return {"statusCode": 201, "headers": headers, "body": json.dumps(order)}


def parse(body):
    customer = str(body.get("customer", "")).strip()
    if not 1 <= len(customer) <= 100 or not customer.isprintable():
        raise ValueError("A customer's name has 1 to 100 characters.")
    try:
        amount = Decimal(str(body.get("amount", "")))
    except InvalidOperation:
        raise ValueError("The amount is not a number.") from None
    if not Decimal("0.01") <= amount <= Decimal("999999999.99") or amount != amount.quantize(Decimal("0.01")):
        raise ValueError("The amount is out of range.")
    return customer, amount.quantize(Decimal("0.01"))


def save(order_id, customer, amount, placed_at, trace):
    dynamodb.put_item(
        TableName=TABLE,
        Item={
            "id": {"S": str(order_id)},
            "customer": {"S": customer},
            "amount": {"N": str(amount)},
            "placed_at": {"S": placed_at},
            "traceparent": {"S": trace},
            "outbox": {"N": str(order_id.int % SHARDS)},
        },
        ConditionExpression="attribute_not_exists(id)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )


def publish(order_id, customer, amount, placed_at, trace):
    event = {
        "type": "order.placed", "version": 1, "order_id": str(order_id), "customer": customer, "currency": "USD",
        "amount": str(amount), "total": str(amount), "placed_at": placed_at,
    }
    sns.publish(
        TopicArn=TOPIC,
        Message=json.dumps(event),
        MessageAttributes={
            "amount": {"DataType": "Number", "StringValue": str(amount)},
            "type": {"DataType": "String", "StringValue": "order.placed"},
            "traceparent": {"DataType": "String", "StringValue": trace},
        },
    )


def clear(order_id):
    dynamodb.update_item(
        TableName=TABLE,
        Key={"id": {"S": str(order_id)}},
        UpdateExpression="REMOVE outbox",
        ConditionExpression="attribute_exists(id)",
    )


def problem(status, detail):
    headers = {"content-type": "application/problem+json"}
    return {"statusCode": status, "headers": headers, "body": json.dumps({"status": status, "detail": detail})}
