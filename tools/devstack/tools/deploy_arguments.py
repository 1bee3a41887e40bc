"""Prints the arguments with which to run `sam deploy`, one a line: those given, and a new value of the parameter Release.

Reads parameters and samconfig.toml as `sam deploy` does: on the command line, --parameter-overrides replaces the parameters of the
file. --with NAME=VALUE adds one to them.

Refuses, with one line on standard error and exit code 1, a stack's name that is too long, and a deployment that would replace
the stack's queues: one that changes the parameter Fifo. Without Fifo among the parameters SAM keeps the value of the deployed
stack. --replace-queues allows it.
"""

import argparse
import subprocess
import sys
import tomllib
from datetime import datetime, timezone
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from click import BadParameter
from samcli.cli.types import CfnParameterOverridesType

KINDS = {"true": "FIFO", "false": "standard"}
# A function's name has at most 64 characters: the stack's, a hyphen and up to 20 more. CloudFormation's name of the FIFO queue
# FulfilmentSubscriptionDlq, the longest of today's, has 45 more, and SQS allows 80.
LONGEST_NAME = {"true": 35, "false": 43}


def parsed(arguments):
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--replace-queues", action="store_true")
    parser.add_argument("--with", action="append", default=[], dest="more")
    parser.add_argument("--guided", "-g", action="store_true")
    parser.add_argument("--config-file", default="samconfig.toml")
    parser.add_argument("--config-env", default="default")
    parser.add_argument("--stack-name")
    parser.add_argument("--parameter-overrides", nargs="*", action="extend")
    parser.add_argument("--region")
    parser.add_argument("--profile")
    options, passed_on = parser.parse_known_args(arguments)
    if options.guided:
        sys.exit("--guided asks for parameters, which cannot be checked here: give them with --parameter-overrides")
    return options, passed_on


def configured(options):
    """What samconfig.toml has for the environment."""
    config = tomllib.loads(Path(options.config_file).read_text()).get(options.config_env)
    if config is None:
        sys.exit(f"{options.config_file} has no environment {options.config_env}")
    return {**config.get("global", {}).get("parameters", {}), **config.get("deploy", {}).get("parameters", {})}


def parameters_of(options, settings):
    """All parameters, by name."""
    overrides = options.parameter_overrides
    if overrides is None:
        overrides = settings.get("parameter_overrides", {})
    try:
        return CfnParameterOverridesType().convert([overrides, *options.more], None, None)
    except BadParameter as error:
        sys.exit(f"the parameters cannot be read: {error.message}")


def deployed_fifo(options, settings, stack):
    """The value of Fifo of the deployed stack, or None if there is no such stack."""
    place = {"region_name": options.region or settings.get("region"), "profile_name": options.profile or settings.get("profile")}
    try:
        found = boto3.Session(**place).client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    if found["StackStatus"] in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE"):
        return None
    values = {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in found.get("Parameters", [])}
    return values.get("Fifo", "false")


def refuse_replaced_queues(options, settings, stack, wanted):
    try:
        now = deployed_fifo(options, settings, stack)
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"the stack {stack} cannot be read, so it is not known whether its queues would be replaced: {error}")
    if now not in (None, wanted):
        sys.exit(
            f"{stack} has {KINDS[now]} queues, and Fifo={wanted} would replace them, with what waits in them. "
            "Nothing was deployed. docs/guides/fifo.md says how to switch."
        )


def new_release():
    """A value that no deployment had before: its time, and the commit if there is one."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    time = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    return f"{time}-{commit}" if commit else time


def main(arguments):
    options, passed_on = parsed(arguments)
    settings = configured(options)
    stack = options.stack_name or settings.get("stack_name")
    if not stack:
        sys.exit(f"{options.config_file} has no stack_name for {options.config_env}: give --stack-name")
    parameters = parameters_of(options, settings)
    fifo = parameters.get("Fifo")
    if fifo not in (None, *KINDS):
        sys.exit(f"Fifo is true or false, not {fifo}")
    longest = LONGEST_NAME[fifo or "false"]
    if len(stack) > longest:
        sys.exit(f"the stack's name {stack} has {len(stack)} characters, and may have {longest}")
    if fifo and not options.replace_queues:
        refuse_replaced_queues(options, settings, stack, fifo)
    parameters.setdefault("Release", new_release())
    named = ["config_file", "config_env", "stack_name", "region", "profile"]
    given = [(f"--{name.replace('_', '-')}", getattr(options, name)) for name in named]
    kept = [word for name, value in given if value for word in (name, value)]
    # In quotes, as SAM ends a value at a space.
    overrides = [f'{name}="{value}"' for name, value in parameters.items()]
    print("\n".join([*kept, *passed_on, "--parameter-overrides", *overrides]))


if __name__ == "__main__":
    main(sys.argv[1:])
