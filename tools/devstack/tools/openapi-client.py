"""Places an order with the client generated from the API's document, and reads it back.

Usage: openapi-client.py URL CUSTOMER AMOUNT, in the folder that has the package `client`. It prints one JSON object for
each call: the status, the type of the parsed answer and its fields.
"""

import json
import sys

from client import Client
from client.api.orders import create_order, get_order
from client.models import NewOrder, Order


def show(response):
    answer = response.parsed
    kind = type(answer).__name__
    print(json.dumps({"status": response.status_code, "type": kind, "fields": answer and answer.to_dict()}))
    return answer


url, customer, amount = sys.argv[1:]
with Client(base_url=url) as client:
    answer = show(create_order.sync_detailed(client=client, body=NewOrder(customer=customer, amount=amount)))
    if isinstance(answer, Order):
        show(get_order.sync_detailed(answer.id, client=client))
