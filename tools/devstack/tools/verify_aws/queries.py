"""The saved queries of a stack run without a syntax error."""

import time

from account import Failed, NotPossible, client, eventually, seen

HOURS = 3
SECONDS = 120
ENDED = ("Complete", "Failed", "Cancelled", "Timeout")


def check(stack):
    logs = client("logs")
    saved = logs.describe_query_definitions(queryDefinitionNamePrefix=f"{stack}/")["queryDefinitions"]
    if not saved:
        raise NotPossible("the stack has no saved query here")
    bad, rows = [], []
    for query in saved:
        name, now = query["name"].removeprefix(f"{stack}/"), int(time.time())
        try:
            started = logs.start_query(
                logGroupNames=query["logGroupNames"],
                startTime=now - HOURS * 3600,
                endTime=now,
                queryString=query["queryString"],
            )["queryId"]
        except logs.exceptions.MalformedQueryException as error:
            bad.append(f"{name}: {error}")
            continue
        result = eventually(lambda: ended(logs, started), SECONDS)
        if not result or result["status"] != "Complete":
            bad.append(f"{name}: {result['status'] if result else 'did not end'}")
        else:
            rows.append(f"{name}: {len(result['results'])}")
    if bad:
        raise Failed("; ".join(bad))
    return seen(f"{len(saved)} queries ran; rows: {', '.join(rows)}")


def ended(logs, query):
    result = logs.get_query_results(queryId=query)
    return result if result["status"] in ENDED else None
