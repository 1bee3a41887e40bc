"""Prints the arguments with which to run `sam deploy`, one a line: those given, and a new value of the parameter Release.

Reads samconfig.toml as `sam deploy` does: on the command line, --parameter-overrides replaces the parameters of the file.

Refuses, with one line on standard error and exit code 1, a stack's name that is too long, and a deployment that would replace
the stack's queues: one that changes the parameter Fifo. Without Fifo among the parameters SAM keeps the value of the deployed
stack. --replace-queues allows it.
"""

import argparse
import shlex
import subprocess
import sys
import tomllib
from datetime import datetime, timezone
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

KINDS = {"true": "FIFO", "false": "standard"}
# A function's name has at most 64 characters: the stack's, a hyphen and up to 20 more.
LONGEST_NAME = 43


def parsed(arguments):
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--replace-queues", action="store_true")
    parser.add_argument("--config-file", default="samconfig.toml")
    parser.add_argument("--config-env", default="default")
    parser.add_argument("--stack-name")
    parser.add_argument("--parameter-overrides", nargs="*")
    parser.add_argument("--region")
    parser.add_argument("--profile")
    return parser.parse_known_args(arguments)[0]


def configured(options):
    """The stack's name, and the parameters as `Name=value`."""
    config = tomllib.loads(Path(options.config_file).read_text()).get(options.config_env)
    if config is None:
        sys.exit(f"{options.config_file} has no environment {options.config_env}")
    settings = {**config.get("global", {}).get("parameters", {}), **config.get("deploy", {}).get("parameters", {})}
    overrides = options.parameter_overrides
    if overrides is None:
        overrides = [settings.get("parameter_overrides", "")]
    return options.stack_name or settings["stack_name"], [pair for words in overrides for pair in shlex.split(words)]


def deployed_fifo(options, stack):
    """The value of Fifo of the deployed stack, or None if there is no such stack."""
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


def refuse_replaced_queues(options, stack, wanted):
    try:
        now = deployed_fifo(options, stack)
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


def without_overrides(arguments):
    """The arguments without our own option and without --parameter-overrides and its values."""
    kept, skipping = [], False
    for argument in arguments:
        if argument.startswith("-"):
            skipping = argument == "--parameter-overrides"
        if not skipping and argument != "--replace-queues":
            kept.append(argument)
    return kept


def main(arguments):
    options = parsed(arguments)
    stack, overrides = configured(options)
    if len(stack) > LONGEST_NAME:
        sys.exit(f"the stack's name {stack} has {len(stack)} characters, and may have {LONGEST_NAME}")
    values = dict(pair.partition("=")[::2] for pair in overrides)
    fifo = values.get("Fifo")
    if fifo not in (None, *KINDS):
        sys.exit(f"Fifo is true or false, not {fifo}")
    if fifo and not options.replace_queues:
        refuse_replaced_queues(options, stack, fifo)
    values.setdefault("Release", new_release())
    # In quotes, as SAM ends a value at a space.
    overrides = [f'{name}="{value}"' for name, value in values.items()]
    print("\n".join([*without_overrides(arguments), "--parameter-overrides", *overrides]))


if __name__ == "__main__":
    main(sys.argv[1:])
