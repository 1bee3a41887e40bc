"""Compares our expansion of template.yaml's loops with the emulator's and with cfn-lint's.

Usage: compare_expansions.py template.yaml expanded.yaml. Prints the differences and ends with 1 if there are any.
"""

import json
import sys

from cfnlint.decode import decode
from cfnlint.template import Template
from cfnlint.template.transforms._language_extensions import language_extension
from ministack.services.cloudformation import language_extensions
from samcli.yamlhelper import yaml_parse

SECTIONS = ("Resources", "Outputs")


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.loads(json.dumps(yaml_parse(file.read())))


def by_cfn_lint(path):
    template, matches = decode(path)
    if matches:
        sys.exit(f"cfn-lint cannot read {path}: {matches}")
    matches, expanded = language_extension(Template(path, template, ["us-east-1"]))
    if matches:
        sys.exit(f"cfn-lint cannot expand {path}: {matches}")
    return json.loads(json.dumps(expanded))


def plain(value, mappings):
    """A value in one form: references and constant texts as texts, whichever function makes them."""
    if isinstance(value, list):
        return [plain(item, mappings) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (function, argument), = value.items()
        argument = plain(argument, mappings)
        if function == "Ref" and isinstance(argument, str):
            return "${%s}" % argument
        if function == "Fn::GetAtt":
            return "${%s}" % (argument if isinstance(argument, str) else ".".join(argument))
        if function == "Fn::FindInMap":
            return mappings[argument[0]][argument[1]][argument[2]]
        if function == "Fn::Join" and all(isinstance(part, str) for part in argument[1]):
            return argument[0].join(argument[1])
        if function == "Fn::Sub" and isinstance(argument, str):
            return argument
        if function == "Fn::Sub":
            text, variables = argument
            if all(isinstance(variable, str) for variable in variables.values()):
                for name, variable in variables.items():
                    text = text.replace("${%s}" % name, variable)
                return text
        return {function: argument}
    return {key: plain(item, mappings) for key, item in value.items()}


def differences(ours, theirs, path=""):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(set(ours) | set(theirs)):
            yield from differences(ours.get(key), theirs.get(key), f"{path}/{key}")
    elif ours != theirs:
        yield f"{path}: {json.dumps(ours)[:200]} is {json.dumps(theirs)[:200]}"


template, ours = (read(path) for path in sys.argv[1:])
mappings = template["Mappings"]
found = []
for name, theirs in (
    ("the emulator", language_extensions.apply(template, {})),
    ("cfn-lint", by_cfn_lint(sys.argv[1])),
):
    for section in SECTIONS:
        ours_here, theirs_here = (plain(of[section], mappings) for of in (ours, theirs))
        found += [f"{name}: {section}{line}" for line in differences(ours_here, theirs_here)]
print("\n".join(found))
sys.exit(1 if found else 0)
