"""What Schemathesis must know of the shop beyond its OpenAPI document.

A schema cannot say which coupons there are, which idempotency keys are taken, which orders exist: a request that is well
formed may be refused for these, and for nothing else. Schemathesis' own check of it (positive_data_acceptance) would have to
let every 422 pass.
"""

import schemathesis

ACCEPTED = (200, 201, 204, 303, 304)
# As a problem, and in a form that is shown again: with a key as the form makes them, and with any other.
KEY_REUSED = ("/problems/idempotency-key-reused", "has already placed", "accepted with this idempotency key")


@schemathesis.check
def well_formed_requests_are_accepted(_context, response, case):
    mode = case.meta and case.meta.generation.mode
    if not mode or not mode.is_positive or response.status_code in ACCEPTED:
        return
    if response.status_code == 404 and case.operation.path.startswith("/orders/{id}"):
        return
    if response.status_code == 422 and case.operation.label == "POST /orders" and refused_for_others(response.text, case):
        return
    raise AssertionError(f"a well-formed request was answered {response.status_code}")


def refused_for_others(answer, case):
    """Whether a problem, or a form that is shown again, is about the coupon or the key that was sent, and about no other field."""
    body = case.body if isinstance(case.body, dict) else {}
    coupon = body.get("coupon") and ('"/coupon"' in answer or 'id="coupon-error"' in answer)
    has_key = body.get("idempotency_key") or "Idempotency-Key" in (case.headers or {})
    key = has_key and any(words in answer for words in KEY_REUSED)
    field = any(f'"/{name}"' in answer or f'id="{name}-error"' in answer for name in ("customer", "amount"))
    return (coupon or key) and not field
