"""Starts the emulator, patched for what in template.yaml it does not know.

It refuses a template with a type that it does not know, and there is one template for AWS and for here. A saved query is a
text for people to run in CloudWatch's console, X-Ray's policy lets a topic send what nobody here receives, and CodeDeploy
moves an alias slowly that is moved at once here: it is enough that they have names.

Of an HTTP API it answers every OPTIONS itself, where AWS does so only if the API has a CORS configuration, and it does not
read the one that a template has. It also serves the connections of a WebSocket API below every HTTP API; AWS does not.

It knows no alarm on an expression: such an alarm is made on the first metric of its expression, and no test relies on it.

With AUTH=true it is guarded: guard.py and transport.py say what that takes.
"""

import os

from ministack.app import AUTH, main
from ministack.services import apigateway
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
    """A template says AllowOrigins, and the emulator looks for allowOrigins."""

    def properties(props, *names):
        read = properties_of(props, *names)
        cors = props.pop("CorsConfiguration", None)
        if cors:
            props["CorsConfiguration"] = {name[0].lower() + name[1:]: value for name, value in cors.items()}
        return read

    return properties


def forwards_options(handle):
    """Without a CORS configuration OPTIONS goes where any method goes. In small letters it is not the one that is answered."""

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


async def no_connections(*_):
    return 404, {"Content-Type": "application/json"}, b'{"message":"Not Found"}'


for kind, needed in NEEDED.items():
    # An emulator that has learned it does it in its own way.
    provisioners._RESOURCE_HANDLERS.setdefault(kind, named(kind, needed))
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
