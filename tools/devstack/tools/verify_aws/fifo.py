"""A FIFO stack handles the orders of one customer in order."""

import uuid

from account import Failed, client, eventually, outputs, seen
from shop import post

ORDERS = 6
SECONDS = 120


def check(stack, shop):
    found = outputs(stack)
    if not found["OrdersTopicArn"].endswith(".fifo"):
        raise Failed("the topic is not FIFO")
    customer = f"Ada {uuid.uuid4()}"
    orders = [post(shop, "81.50", customer)["id"] for _ in range(ORDERS)]
    numbers = eventually(lambda: invoices(found["InvoicingTable"], orders), SECONDS)
    if not numbers:
        raise Failed(f"{ORDERS} orders of one customer were not all invoiced within {SECONDS} s")
    if numbers != sorted(numbers):
        raise Failed(f"the invoices of one customer's {ORDERS} orders have the numbers {numbers}, in the order placed")
    return seen(f"{ORDERS} orders of one customer, placed one after the other, have invoice numbers in that order")


def invoices(table, orders):
    """The invoice numbers, in the order of the orders, or None while one is missing."""
    dynamodb = client("dynamodb")
    rows = [dynamodb.get_item(TableName=table, Key={"order_id": {"S": order}}, ConsistentRead=True).get("Item") for order in orders]
    return [int(next(iter(row["number"].values()))) for row in rows] if all(rows) else None
