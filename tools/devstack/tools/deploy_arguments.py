"""Refuses a `sam deploy` that would replace a stack's queues: one that changes the parameter Fifo.

Takes the arguments of `sam deploy`, and reads samconfig.toml as it does. Without Fifo among the parameters SAM keeps the value
of the deployed stack. Exits with 1 after one line if the deployment would change it, and with 0 if not.
"""

import argparse
import sys
import tomllib
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

KINDS = {"true": "FIFO", "false": "standard"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config-file", default="samconfig.toml")
    parser.add_argument("--config-env", default="default")
    parser.add_argument("--stack-name")
    parser.add_argument("--parameter-overrides", nargs="*")
    parser.add_argument("--region")
    parser.add_argument("--profile")
    return parser.parse_known_args()[0]


def asked(options):
    """The stack's name and the value of Fifo, or None, that the deployment has."""
    config = tomllib.loads(Path(options.config_file).read_text()).get(options.config_env, {})
    parameters = {
        **config.get("global", {}).get("parameters", {}),
        **config.get("deploy", {}).get("parameters", {}),
    }
    overrides = options.parameter_overrides
    if overrides is None:
        overrides = parameters.get("parameter_overrides", "")
    if isinstance(overrides, str):
        overrides = overrides.split()
    pairs = (pair.partition("=") for words in overrides for pair in words.split())
    values = {name: value.strip("\"'") for name, _, value in pairs}
    return options.stack_name or parameters["stack_name"], values.get("Fifo")


def deployed(options, stack):
    """The value of Fifo of the deployed stack, or None if there is none."""
    session = boto3.Session(region_name=options.region, profile_name=options.profile)
    try:
        found = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    if found["StackStatus"] in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE"):
        return None
    values = {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in found.get("Parameters", [])}
    return values.get("Fifo", "false")


def main():
    options = arguments()
    stack, wanted = asked(options)
    if wanted is None:
        return
    try:
        now = deployed(options, stack)
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"the stack {stack} cannot be read, so it is not known whether its queues would be replaced: {error}")
    if now not in (None, wanted):
        sys.exit(
            f"{stack} has {KINDS[now]} queues, and Fifo={wanted} would replace them, with what waits in them. "
            "Nothing was deployed. docs/guides/fifo.md says how to switch."
        )


if __name__ == "__main__":
    main()
