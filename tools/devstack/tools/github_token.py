"""Prints a token as GitHub gives it to a job: `github_token.py owner/name environment`. It is not signed; the emulator reads only
its claims.

https://docs.github.com/en/actions/reference/security/oidc
"""

import base64
import json
import sys

repository, environment = sys.argv[1:]
claims = {
    "iss": "https://token.actions.githubusercontent.com",
    "aud": "sts.amazonaws.com",
    "sub": f"repo:{repository}:environment:{environment}",
}
parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
print(".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), ""]))
