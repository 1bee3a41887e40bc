"""Starts the emulator, patched for the parts of template.yaml that it does not support.

It rejects a template with unsupported resource types, and the same template is deployed to AWS. For these types a name is
enough: people run saved queries in CloudWatch's console, nothing here receives X-Ray's traces, and without CodeDeploy the
alias moves at once.

The emulator answers every OPTIONS request of an HTTP API itself, whereas AWS does so only if the API has a CORS
configuration, and it ignores the template's one. Unlike AWS, it also serves a WebSocket API's connections below every HTTP
API.

It does not support alarms on an expression: they are created on the expression's first metric, and no test relies on them.

With AUTH=true it checks IAM: see guard.py and transport.py.
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


async def no_connections(*_):
    return 404, {"Content-Type": "application/json"}, b'{"message":"Not Found"}'


for kind, needed in NEEDED.items():
    # A newer emulator may support the type: its own handler wins.
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
