"""What CloudFormation needs for each resource type of template.yaml: the actions of the type's handlers, on its resources.

The actions are those of the resource types' schemas (`handlers.create.permissions` and so on), which cfn-lint has. A schema lists
what a handler may need for any property, so each type has its exceptions here. An exception names why no property of ours needs it.
"""

import json
from importlib import resources

# What SAM makes of a function.
OF_A_SERVERLESS_FUNCTION = (
    "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Lambda::Version",
)
# The services that get a role.
SERVICES = {
    "AWS::CodeDeploy::DeploymentGroup": "codedeploy.amazonaws.com",
    "AWS::Lambda::Function": "lambda.amazonaws.com",
    "AWS::Scheduler::Schedule": "scheduler.amazonaws.com",
}
API_PATHS = {
    "AWS::ApiGatewayV2::Api": "/apis",
    "AWS::ApiGatewayV2::ApiMapping": "/domainnames/shop.example/apimappings",
    "AWS::ApiGatewayV2::Authorizer": "/apis/a1b2c3/authorizers",
    "AWS::ApiGatewayV2::DomainName": "/domainnames",
    "AWS::ApiGatewayV2::Integration": "/apis/a1b2c3/integrations",
    "AWS::ApiGatewayV2::Route": "/apis/a1b2c3/routes",
    "AWS::ApiGatewayV2::Stage": "/apis/a1b2c3/stages",
}
NO_IMPORT = "the API has no OpenAPI document in S3"
NO_CREDENTIALS = "the API invokes its function by the function's policy, not with a role"
NOT_AN_ACTION = "not an action of the service authorization reference"
EXCEPTIONS = {
    "AWS::ApiGatewayV2::Api": {NO_IMPORT: ["s3:getObject"]},
    "AWS::ApiGatewayV2::Authorizer": {NO_CREDENTIALS: ["iam:PassRole"]},
    "AWS::ApiGatewayV2::Integration": {NO_CREDENTIALS: ["iam:PassRole"]},
    "AWS::ApiGatewayV2::Stage": {
        NOT_AN_ACTION + ": tags are set with PUT on /tags": ["apigateway:TagResource", "apigateway:UntagResource"]
    },
    "AWS::CodeDeploy::DeploymentGroup": {"Lambda has no instances": ["codedeploy:RegisterOnPremisesInstance"]},
    "AWS::DynamoDB::Table": {
        "no table has replicas": [
            "dynamodb:AssociateTableReplica",
            "dynamodb:CreateTableReplica",
            "iam:CreateServiceLinkedRole",
        ],
        "no table is filled from S3": [
            "dynamodb:DescribeImport",
            "dynamodb:ImportTable",
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogGroups",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
            "logs:PutRetentionPolicy",
            "s3:GetObject",
            "s3:GetObjectMetadata",
            "s3:ListBucket",
        ],
        "CloudFormation reads and writes no rows": [
            "dynamodb:BatchWriteItem",
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:Scan",
            "dynamodb:UpdateItem",
        ],
        "no table streams to Kinesis": [
            "dynamodb:DisableKinesisStreamingDestination",
            "dynamodb:EnableKinesisStreamingDestination",
            "dynamodb:UpdateKinesisStreamingDestination",
            "kinesis:DescribeStream",
            "kinesis:PutRecords",
        ],
        "no table has a policy of its own": ["dynamodb:DeleteResourcePolicy", "dynamodb:PutResourcePolicy"],
        "no table has contributor insights": ["dynamodb:UpdateContributorInsights"],
        "the parameter for the key is an ARN, not an alias": ["kms:ListAliases"],
    },
    "AWS::IAM::Policy": {
        "policies are for roles only": [
            "iam:DeleteGroupPolicy",
            "iam:DeleteUserPolicy",
            "iam:GetGroupPolicy",
            "iam:GetUserPolicy",
            "iam:PutGroupPolicy",
            "iam:PutUserPolicy",
        ],
    },
    "AWS::IAM::Role": {
        "no role has a managed policy": ["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
        "a role must keep the boundary": ["iam:DeleteRolePermissionsBoundary"],
    },
    "AWS::Lambda::Alias": {
        "no alias has provisioned concurrency": [
            "lambda:DeleteProvisionedConcurrencyConfig",
            "lambda:PutProvisionedConcurrencyConfig",
        ],
    },
    "AWS::Lambda::EventSourceMapping": {
        "no event source has an encrypted filter": ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
    },
    "AWS::Lambda::Function": {
        "no function is in a VPC or mounts a file system": [
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
            "elasticfilesystem:DescribeMountTargets",
            "s3files:ListMountTargets",
        ],
        "no function has a key of its own": [
            "kms:CreateGrant",
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey",
        ],
        "no function is signed": [
            "lambda:DeleteFunctionCodeSigningConfig",
            "lambda:GetCodeSigningConfig",
            "lambda:PutFunctionCodeSigningConfig",
        ],
        "no function has a layer, reserved concurrency, recursion or capacity settings": [
            "lambda:GetLayerVersion",
            "lambda:PassCapacityProvider",
            "lambda:PutFunctionConcurrency",
            "lambda:PutFunctionRecursionConfig",
            "lambda:PutFunctionScalingConfig",
        ],
    },
    "AWS::Lambda::Version": {
        "no version has provisioned concurrency or capacity settings": [
            "lambda:PutFunctionScalingConfig",
            "lambda:PutProvisionedConcurrencyConfig",
        ],
    },
    "AWS::Logs::LogGroup": {
        "no log group has a data protection, index or resource policy, or a token": [
            "logs:DeleteDataProtectionPolicy",
            "logs:DeleteIndexPolicy",
            "logs:DeleteResourcePolicy",
            "logs:PutBearerTokenAuthentication",
            "logs:PutDataProtectionPolicy",
            "logs:PutIndexPolicy",
            "logs:PutLogGroupDeletionProtection",
        ],
        "no log group delivers to Firehose": ["firehose:TagDeliveryStream"],
        NOT_AN_ACTION: ["s3:REST.PUT.OBJECT"],
    },
    "AWS::SNS::Subscription": {"no subscription is to Firehose": ["iam:GetRole", "iam:PassRole"]},
    "AWS::SNS::Topic": {
        "no topic logs deliveries": ["iam:GetRole", "iam:PassRole"],
        "no topic has a data protection policy": ["sns:PutDataProtectionPolicy"],
    },
}


def _data(*path):
    return json.loads(resources.files("cfnlint.data").joinpath(*path).read_text(encoding="utf-8"))


_SCHEMAS = _data("schemas", "providers", "us-east-1.json")
REFERENCE = _data("AdditionalSpecs", "Policies.json")


def excepted(kind):
    return {action for actions in EXCEPTIONS.get(kind, {}).values() for action in actions}


def handlers(kind):
    """The actions of each handler of a type, without exceptions. Only the console's template generator lists."""
    found = _data("schemas", "resources", f"{_SCHEMAS[kind]}.json")["handlers"]
    return {name: set(of["permissions"]) for name, of in found.items() if name != "list"}


def supports_resources(action):
    """Whether the service authorization reference has a resource type for an action."""
    service, name = action.split(":")
    return "Resources" in REFERENCE[service]["Actions"][name.lower()]


def arn(kind, action, name, region, account):
    """A resource of a type, as the action's policies name it. `name` is its physical name."""
    if not supports_resources(action):
        return "*"
    service = action.split(":")[0]
    here = f"arn:aws:{service}:{region}:{account}"
    generated = "11111111-2222-3333-4444-555555555555"
    match service:
        case "apigateway":
            own = "" if action == "apigateway:POST" else "/d4e5f6"
            return f"arn:aws:apigateway:{region}::{API_PATHS[kind]}{own}"
        case "cloudwatch" if kind == "AWS::CloudWatch::Dashboard":
            return f"arn:aws:cloudwatch::{account}:dashboard/{name}"
        case "cloudwatch":
            return f"{here}:alarm:{name}"
        case "codedeploy" if action == "codedeploy:GetDeploymentConfig":
            return f"{here}:deploymentconfig:CodeDeployDefault.LambdaAllAtOnce"
        case "codedeploy" if REFERENCE[service]["Actions"][action.split(":")[1].lower()]["Resources"] == ["application"]:
            return f"{here}:application:{name}"
        case "codedeploy":
            return f"{here}:deploymentgroup:{name}/{name}"
        case "dynamodb":
            return f"{here}:table/{name}"
        case "iam":
            return f"arn:aws:iam::{account}:role/{name}"
        case "kms":
            return f"{here}:key/{generated}"
        case "lambda" if kind == "AWS::Lambda::EventSourceMapping":
            return f"{here}:event-source-mapping:{generated}"
        case "lambda":
            return f"{here}:function:{name}"
        case "logs":
            return f"{here}:log-group:{name}:*"
        case "s3":
            return "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-a1b2c3/code"
        case "scheduler":
            return f"{here}:schedule/default/{name}"
        case _:
            return f"{here}:{name}"


def context(kind, action, name, region, account, boundary):
    """The condition keys of a call. `boundary` is the role's, or None."""
    keys = {}
    if action == "iam:PassRole":
        keys["iam:passedtoservice"] = SERVICES.get(kind, "")
    elif action.startswith("iam:") and boundary:
        keys["iam:permissionsboundary"] = boundary
    elif action.endswith("EventSourceMapping"):
        keys["lambda:functionarn"] = f"arn:aws:lambda:{region}:{account}:function:{name}:live"
    elif kind == "AWS::Lambda::Permission":
        keys["lambda:principal"] = "apigateway.amazonaws.com"
    elif kind == "AWS::DynamoDB::Table" and action.startswith("kms:"):
        keys["kms:viaservice"] = f"dynamodb.{region}.amazonaws.com"
    return keys
