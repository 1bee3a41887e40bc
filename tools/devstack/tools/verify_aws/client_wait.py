"""Whether a client is answered before the orders function has published its order.

A caller that waits for less time than the function works cannot have waited for all of its work. Otherwise the way to the
function hides that: then GETs, after whose answer the function has nothing to do, show how long the way is. If the caller of a
POST waited for the publish, its wait would be longer than the way and the answer, by the work after the answer.
"""

import json
import time
from statistics import median, quantiles

from account import Failed, NotPossible, client, eventually, resources, seen
from shop import get, post

REQUESTS = 50
LOGS_WITHIN = 90
# Longer than the work after an answer, so that a request does not wait for the one before.
PAUSE = 0.7


def check(stack, shop):
    """Compares the waits of POSTs and GETs, one after the other."""
    post(shop, "20.00"), get(shop)  # a cold start is not what is measured
    start, waits = int(time.time() * 1000), {"POST": [], "GET": []}
    for _ in range(REQUESTS):
        for method, request in (("POST", lambda: post(shop, "20.00")), ("GET", lambda: get(shop))):
            began = time.monotonic()
            request()
            waits[method].append((time.monotonic() - began) * 1000)
            time.sleep(PAUSE)
    found = resources(stack)
    documents = eventually(lambda: metrics(found["OrdersLogs"][1], start), LOGS_WITHIN, 3)
    if not documents:
        raise NotPossible("the orders function's metrics are not in its log")
    who = "the client"
    if logged := eventually(lambda: latencies(found["HttpApiLogs"][1], start), LOGS_WITHIN if is_aws(shop) else 0, 3):
        who, waits = "API Gateway, by its access log,", logged
    return judge(who, waits, documents)


def is_aws(shop):
    return ".execute-api." in shop


def judge(who, waits, documents):
    answer = {method: median(one["TimeToAnswer"] for one in of) for method, of in documents.items()}
    work = median(one["HandlerDuration"] - one["TimeToAnswer"] for one in documents["POST"])
    way = median(waits["GET"]) - answer["GET"]
    extra = median(waits["POST"]) - answer["POST"] - way
    handler, wait = answer["POST"] + work, median(waits["POST"])
    first, _, third = quantiles(waits["GET"], n=4)
    detail = (
        f"medians of {len(waits['POST'])} POSTs and as many GETs: {who} waited {wait:.1f} ms for a POST. The "
        f"function's answer was ready after {answer['POST']:.1f} ms (TimeToAnswer), its work done after {handler:.1f} ms "
        f"(HandlerDuration). The way, as for a GET, takes {way:.1f} ms"
    )
    if wait < handler:
        return seen(f"{detail}: the caller did not wait for the work after the answer")
    if work < (third - first) / 2:
        raise NotPossible(f"{detail}, and varies from {first:.1f} to {third:.1f} ms, by more than the work after the answer")
    if extra < work / 2:
        return seen(f"{detail}. {extra:.1f} ms remain: the caller did not wait for the work after the answer")
    raise Failed(f"{detail}. {extra:.1f} ms remain: the caller waited for the work after the answer")


def events(group, start):
    pages = client("logs").get_paginator("filter_log_events").paginate(logGroupName=group, startTime=start)
    for page in pages:
        for event in page["events"]:
            try:
                yield json.loads(event["message"])
            except ValueError:
                continue


def by_method(pairs):
    """Values by method, or None while some are not in the log yet."""
    found = {"POST": [], "GET": []}
    for method, value in pairs:
        found[method].append(value)
    return found if min(map(len, found.values())) >= REQUESTS else None


def metrics(group, start):
    """The metrics documents of orders and of GETs."""
    documents = [event for event in events(group, start) if "TimeToAnswer" in event]
    return by_method(("POST" if document.get("OrdersAccepted") else "GET", document) for document in documents)


def latencies(group, start):
    """How long API Gateway waited for the function, in milliseconds."""
    found = [event for event in events(group, start) if event.get("method") in ("POST", "GET")]
    return by_method((event["method"], float(event["function_latency_ms"])) for event in found)
