"""Starts the emulator, patched for the parts of template.yaml that it does not support.

It rejects a template with unsupported resource types, and the same template is deployed to AWS. For these types a name is
enough: people run saved queries in CloudWatch's console, nothing here receives X-Ray's traces, and without CodeDeploy the
alias moves at once.

The emulator answers every OPTIONS request of an HTTP API itself, whereas AWS does so only if the API has a CORS
configuration, and it ignores the template's one. Unlike AWS, it also serves a WebSocket API's connections below every HTTP
API.

It does not support alarms on an expression: they are created on the expression's first metric, and no test relies on them.

Its FIFO topics come from its SNS API alone, so those of a template are completed here. A FIFO queue drops a message from SNS
that has the deduplication id of an earlier one, as it does with a message that is sent to it.

With AUTH=true it checks IAM: see guard.py and transport.py.
"""

import os
import signal
import threading
import time

from ministack.app import AUTH, main
from ministack.services import apigateway, sns, sqs
from ministack.services.cloudformation import provisioners

NEEDED = {
    "AWS::CodeDeploy::Application": ("ComputePlatform",),
    "AWS::CodeDeploy::DeploymentGroup": ("ApplicationName", "DeploymentConfigName", "ServiceRoleArn"),
    "AWS::Logs::QueryDefinition": ("Name", "QueryString"),
    "AWS::XRay::ResourcePolicy": ("PolicyName", "PolicyDocument"),
}


def named(kind, needed):
    def create(logical_id, properties, stack):
        for name in needed:
            if not properties.get(name):
                raise ValueError(f"{kind} {logical_id} requires {name}")
        return f"{stack}-{logical_id}", {}

    def update(physical_id, _old, _new, _stack):
        return physical_id, {}

    def delete(_physical_id, _properties):
        pass

    return {"create": create, "update": update, "delete": delete}


def reads_cors(properties_of):
    """Renames the template's AllowOrigins to allowOrigins, which the emulator expects."""

    def properties(props, *names):
        read = properties_of(props, *names)
        cors = props.pop("CorsConfiguration", None)
        if cors:
            props["CorsConfiguration"] = {name[0].lower() + name[1:]: value for name, value in cors.items()}
        return read

    return properties


def forwards_options(handle):
    """Routes OPTIONS like any method without a CORS configuration: the emulator does not intercept it in lower case."""

    async def handled(api_id, stage, path, method, *rest):
        if method == "OPTIONS" and not (apigateway._apis.get(api_id) or {}).get("corsConfiguration"):
            method = "options"
        return await handle(api_id, stage, path, method, *rest)

    return handled


def in_capitals(invoke):
    async def invoked(integration, api_id, stage, path, method, *rest, **more):
        return await invoke(integration, api_id, stage, path, method.upper(), *rest, **more)

    return invoked


def on_first_metric(record_of):
    def record(name, props):
        if metrics := props.get("Metrics"):
            first = metrics[0]["MetricStat"]
            props = {**props, **first["Metric"], "Statistic": first["Stat"], "Period": first["Period"], "Metrics": None}
        return record_of(name, props)

    return record


def with_fifo(create):
    """Makes a topic with FifoTopic one that deduplicates and passes group ids on."""

    def created(logical_id, properties, stack):
        arn, attributes = create(logical_id, properties, stack)
        if str(properties.get("FifoTopic")).lower() == "true":
            if not arn.endswith(".fifo"):
                raise ValueError("Invalid parameter: Topic Name")
            fifo = {name: properties.get(name, "false") for name in ("FifoTopic", "ContentBasedDeduplication")}
            fifo = {name: str(value).lower() for name, value in fifo.items()}
            sns._topics[arn]["attributes"].update(fifo, FifoThroughputScope=properties.get("FifoThroughputScope", "Topic"))
            sns._topics[arn].update(dedup_cache={}, fifo_seq=0)
        return arn, attributes

    return created


def deduplicated(deliver):
    """Drops a message that a FIFO queue has seen within five minutes, and numbers the others."""

    def delivered(endpoint, *arguments, message_group_id="", message_dedup_id="", **more):
        queue = sqs._queue_by_arn(endpoint)
        ids = {"message_group_id": message_group_id, "message_dedup_id": message_dedup_id}
        if not queue or not queue["is_fifo"]:
            return deliver(endpoint, *arguments, **ids, **more)
        with sqs._queues_lock:
            sqs._prune_dedup(queue)
            by_group = queue["attributes"].get("DeduplicationScope") == "messageGroup"
            key = f"{message_group_id}:{message_dedup_id}" if by_group else message_dedup_id
            if key in queue["dedup_cache"]:
                return None
            before = len(queue["messages"])
            deliver(endpoint, *arguments, **ids, **more)
            for message in queue["messages"][before:]:
                queue["fifo_seq"] += 1
                message["seq"] = str(queue["fifo_seq"]).zfill(20)
                expiry = time.time() + sqs._DEDUP_WINDOW_S
                queue["dedup_cache"][key] = {"expire": expiry, "id": message["id"], "md5": message["md5"], "seq": message["seq"]}

    return delivered


def end_with_parent():
    """Ends this process and its functions once the process that started it is gone: killed, it cannot end them."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(1)
    os.killpg(os.getpgrp(), signal.SIGTERM)


threading.Thread(target=end_with_parent, daemon=True).start()

# The functions inherit this process's environment; it loads nothing itself any more.
if preload := os.environ.pop("FUNCTIONS_PRELOAD", None):
    os.environ["LD_PRELOAD"] = preload


async def no_connections(*_):
    return 404, {"Content-Type": "application/json"}, b'{"message":"Not Found"}'


for kind, needed in NEEDED.items():
    # A newer emulator may support the type: its own handler wins.
    provisioners._RESOURCE_HANDLERS.setdefault(kind, named(kind, needed))
provisioners._sns_create = provisioners._RESOURCE_HANDLERS["AWS::SNS::Topic"]["create"] = with_fifo(provisioners._sns_create)
sns._deliver_to_sqs = deduplicated(sns._deliver_to_sqs)
provisioners._cw_metric_alarm_record = on_first_metric(provisioners._cw_metric_alarm_record)
provisioners._apigw_v2_api_props = reads_cors(provisioners._apigw_v2_api_props)
apigateway._handle_execute_in_scope = forwards_options(apigateway._handle_execute_in_scope)
apigateway.handle_connections_api = no_connections
apigateway._invoke_lambda_proxy = in_capitals(apigateway._invoke_lambda_proxy)

if AUTH:
    import guard
    import transport

    guard.teach()
    transport.certify(os.environ["MINISTACK_SSL_CERT"], os.environ["MINISTACK_SSL_KEY"])
    transport.listen(os.environ["BIND_HOST"], os.environ["PLAIN_PORT"])

main()
