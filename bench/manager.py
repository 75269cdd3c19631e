# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a manager would write who compares two devices by their parameters itself, over the XML of
nodedev-dumpxml, without libvirt's comparison."""

from lxml import etree


def parse(xml):
    """Returns the parameters of each model, by their names."""
    models = {}
    for model in etree.fromstring(xml).iterfind("interface[@type='parameters']/model"):
        models[model.get("name")] = params = {}
        for param in model.iterfind("param"):
            params[param.get("name")] = {
                "type": param.get("type"),
                "value": param.get("value"),
                "off": param.get("off"),
                "allowed": [dict(allowed.attrib) for allowed in param.iterfind("allowed")],
            }
    return models


def allows(param, value):
    if not param["allowed"]:
        return True
    for allowed in param["allowed"]:
        if allowed.get("value") == value:
            return True
        if "min" in allowed and int(allowed["min"]) <= int(value) <= int(allowed["max"]):
            return True
    return False


def compare(source, destination):
    """Returns the settings of the device that would be created, or None if there is no way."""
    if len(source) != 1 or source.keys() != destination.keys():
        return None
    (source,) = source.values()
    (destination,) = destination.values()
    settings = []
    used = {}
    for name, param in source.items():
        if param["value"] is not None and param["value"] == param["off"]:
            continue
        if param["value"] is None or name not in destination:
            return None
        other = destination[name]
        if other["type"] != param["type"] or not allows(other, param["value"]):
            return None
        used[name] = param["value"]
    for name in sorted(destination):
        value = used.get(name, destination[name]["off"])
        if value is None:
            return None
        settings.append(("migration/" + name, value))
    return settings
