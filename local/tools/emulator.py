"""Starts the emulator, having told it of the resources in template.yaml that it has no idea of.

It refuses a template with a type that it does not know, and there is one template for AWS and for here. A saved query is a
text for people to run in CloudWatch's console, and X-Ray's policy lets a topic send what nobody here receives: it is enough
that they have names.
"""

from ministack.app import main
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS

NEEDED = {
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


for kind, needed in NEEDED.items():
    # An emulator that has learned it does it in its own way.
    _RESOURCE_HANDLERS.setdefault(kind, named(kind, needed))

main()
