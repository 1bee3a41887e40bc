"""What a change set would make, before anything is made."""

from collections import Counter

from account import Failed, client, resources, seen

# What SAM calls the resources that it adds to a function, as in `Ref: OrdersFunction.Alias`.
ADDED = ("Alias", "Version")


def dotted_references(node, found):
    """The references to resources that SAM's transform must have replaced by their own names."""
    if isinstance(node, list):
        for item in node:
            dotted_references(item, found)
    if isinstance(node, dict):
        attribute = node.get("Fn::GetAtt")
        target = node.get("Ref") or (".".join(map(str, attribute)) if isinstance(attribute, list) else attribute)
        parts = str(target).split(".")
        # `GetAtt: [OrdersFunctionVersion1a2b, Version]` is an attribute of a version itself.
        if len(parts) > (1 if "Ref" in node else 2) and parts[1] in ADDED:
            found.add(target)
        for item in node.values():
            dotted_references(item, found)
    return found


def check(stack):
    cloudformation = client("cloudformation")
    sets = cloudformation.list_change_sets(StackName=stack)["Summaries"]
    if not sets:
        raise Failed("no change set was made")
    name = max(sets, key=lambda one: one["CreationTime"])["ChangeSetName"]
    pages = cloudformation.get_paginator("describe_change_set").paginate(StackName=stack, ChangeSetName=name)
    changes = [change["ResourceChange"] for page in pages for change in page["Changes"]]
    others = {change["Action"] for change in changes} - {"Add"}
    if others or not changes:
        raise Failed(f"a new stack would have the changes {sorted(others)}")
    made = [name for name, (_, physical) in resources(stack).items() if physical]
    if made:
        raise Failed(f"the change set already made {made}")
    processed = cloudformation.get_template(StackName=stack, ChangeSetName=name, TemplateStage="Processed")["TemplateBody"]
    left = dotted_references(processed, set()) if isinstance(processed, dict) else {"a template that is not JSON"}
    if left:
        raise Failed(f"references that the transforms left as they are: {', '.join(sorted(left))}")
    kinds = Counter(change["ResourceType"].removeprefix("AWS::") for change in changes)
    summary = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    return seen(f"{len(changes)} resources would be made, and none exists yet: {summary}. No dotted reference is left.")
