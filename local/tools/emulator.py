"""Starts the emulator, having told it of the one resource in template.yaml that it has no idea of.

It refuses a template with a type that it does not know, and there is one template for AWS and for here. A saved query is a
text for people to run in CloudWatch's console, which is not here: it is enough that it has a name.
"""

from ministack.app import main
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS


def create(logical_id, properties, stack):
    for needed in ("Name", "QueryString"):
        if not properties.get(needed):
            raise ValueError(f"AWS::Logs::QueryDefinition {logical_id} requires {needed}")
    return f"{stack}-{logical_id}", {}


def update(physical_id, _old, _new, _stack):
    return physical_id, {}


def delete(_physical_id, _properties):
    pass


# An emulator that has learned it does it in its own way.
_RESOURCE_HANDLERS.setdefault(
    "AWS::Logs::QueryDefinition", {"create": create, "update": update, "delete": delete}
)

main()
