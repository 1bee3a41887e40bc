"""The calls to AWS of `cargo xtask verify aws`, one command each: `python verify_aws COMMAND [--name value …]`.

Each prints one JSON object. A check prints its outcome: seen, failed or not_possible, with a detail of one sentence. The other
commands print facts. AWS is where the standard variables say.
"""

import json
import sys

from botocore.exceptions import BotoCoreError, ClientError

import account
import alarm
import change_set
import cleanup
import client_wait
import fifo
import permissions
import queries
import releases

COMMANDS = {
    "identity": account.identity,
    "change-set": change_set.check,
    "alarm": alarm.check,
    "client-wait": client_wait.check,
    "fifo": fifo.check,
    "permissions": permissions.check,
    "queries": queries.check,
    "live": releases.live,
    "code-deploy": releases.code_deploy,
    "rolled-back": releases.rolled_back,
    "traffic": releases.traffic,
    "settle": cleanup.settle,
    "tables": cleanup.delete_tables,
    "leftovers": cleanup.leftovers,
}
# What AWS answers a caller without the permission, and what an emulator answers a call that it does not know.
DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
UNKNOWN = {"InvalidAction", "UnknownOperationException", "UnknownOperation", "NotImplemented", "400", "404", "501"}


def options(arguments):
    """`--name value` pairs, as keyword arguments."""
    return {name.removeprefix("--").replace("-", "_"): value for name, value in zip(arguments[::2], arguments[1::2])}


def impossible(error):
    """Why a call cannot be made here, or None if the error says something else."""
    code, message = (error.response.get("Error", {}).get(key, "") for key in ("Code", "Message"))
    if code in DENIED:
        return f"these credentials may not call {error.operation_name}"
    if code in UNKNOWN or message.startswith("Unknown action"):
        return f"there is no {error.operation_name} here"
    return None


def main(command, *arguments):
    try:
        result = COMMANDS[command](**options(arguments))
    except account.NotPossible as reason:
        result = {"outcome": "not_possible", "detail": str(reason)}
    except account.Failed as reason:
        result = {"outcome": "failed", "detail": str(reason)}
    except ClientError as error:
        reason = impossible(error)
        if not reason:
            sys.exit(f"{error.operation_name}: {error}")
        result = {"outcome": "not_possible", "detail": reason}
    except BotoCoreError as error:
        sys.exit(str(error))
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
