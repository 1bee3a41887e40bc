"""A Schemathesis check for rules of the shop that its OpenAPI document cannot express.

A schema cannot say which coupons, idempotency keys and orders exist: a valid request may be rejected for these reasons, and
for no other. Schemathesis's own check (positive_data_acceptance) would have to accept every 422.
"""

import schemathesis

ACCEPTED = (200, 201, 204, 303, 304)
# In a problem, and in a form with errors: for a key that a form generated, and for any other key.
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
    """Whether a problem, or a form with errors, concerns only the coupon or the key that was sent."""
    body = case.body if isinstance(case.body, dict) else {}
    coupon = body.get("coupon") and ('"/coupon"' in answer or 'id="coupon-error"' in answer)
    has_key = body.get("idempotency_key") or "Idempotency-Key" in (case.headers or {})
    key = has_key and any(words in answer for words in KEY_REUSED)
    field = any(f'"/{name}"' in answer or f'id="{name}-error"' in answer for name in ("customer", "amount"))
    return (coupon or key) and not field
