"""One run of a SARIF 2.1.0 log: what its results leave to be looked up elsewhere (rules, levels, texts, places)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urljoin, urlsplit

DEFAULT_LEVEL: Final = "warning"  # 3.27.10
_DEEPEST: Final = 20  # bases within bases, artifacts within artifacts
_PLACEHOLDER: Final = re.compile(r"\{\{|\}\}|\{(\d+)\}")
_LINK: Final = re.compile(r"(?<!\\)\[((?:[^\[\]\\]|\\.)+)\]\(\d+\)")  # to a related location
_ESCAPED: Final = re.compile(r"\\([\[\]\\])")


class Rule(NamedTuple):
    """A rule's metadata, and the part of the tool that it belongs to."""

    descriptor: Mapping[str, Any]
    component: Mapping[str, Any]


class ResultPlace(NamedTuple):
    """Where a result is: what stays, and what is only evidence."""

    uri: str
    logical: str  # the name of a function, an element, a column
    region: Mapping[str, Any]

    @property
    def snippet(self) -> str:
        """The words at the place."""
        return text_of(self.region.get("snippet"))


NOWHERE: Final = ResultPlace("", "", {})


def a_dict(value: object) -> dict[str, Any]:
    """The value where it is an object, an empty one otherwise."""
    return value if isinstance(value, dict) else {}


def a_list(value: object) -> list[Any]:
    """The value where it is an array, an empty one otherwise."""
    return value if isinstance(value, list) else []


def a_text(value: object) -> str:
    """The value where it is a text, an empty one otherwise."""
    return value if isinstance(value, str) else ""


def text_of(message: object) -> str:
    """The text of a message or of an artifact's content."""
    return a_text(a_dict(message).get("text")) or a_text(a_dict(message).get("markdown"))


def item(values: object, index: object) -> dict[str, Any]:
    """The object at an index; -1 and whatever else is no index means none."""
    rows = a_list(values)
    return a_dict(rows[index]) if isinstance(index, int) and 0 <= index < len(rows) else {}


class SarifRun:
    """The tables of a run."""

    def __init__(self, run: Mapping[str, Any]) -> None:
        self.run = run
        tool = a_dict(run.get("tool"))
        self.driver = a_dict(tool.get("driver"))
        self.extensions = [a_dict(part) for part in a_list(tool.get("extensions"))]
        self.invocations = [a_dict(call) for call in a_list(run.get("invocations"))]
        self.name = a_text(self.driver.get("name")).strip()
        self._by_id = {id(part): _by_id(part) for part in (self.driver, *self.extensions)}

    def rule(self, result: Mapping[str, Any]) -> Rule | None:
        """By index, guid or id, in the driver or an extension; `a/b` is a case of the rule `a` (3.27.5 to 3.27.7)."""
        return self._rule({"index": result.get("ruleIndex"), "id": result.get("ruleId"), **a_dict(result.get("rule"))})

    def check(self, result: Mapping[str, Any], rule: Rule | None) -> str:
        """What was looked for; the tool itself, where the result has no rule."""
        own = a_text(result.get("ruleId")) or a_text(a_dict(result.get("rule")).get("id"))
        return own or (a_text(rule.descriptor.get("id")) if rule is not None else "") or self.name

    def level(self, result: Mapping[str, Any], rule: Rule | None) -> str:
        """The result's own, otherwise the invocation's for the rule, otherwise the rule's (3.27.10)."""
        if level := a_text(result.get("level")):
            return level.lower()
        index = a_dict(result.get("provenance")).get("invocationIndex", 0 if len(self.invocations) == 1 else -1)
        for configuration in (*self._overrides(item(self.invocations, index), rule), _default(rule)):
            if level := a_text(configuration.get("level")):
                return level.lower()
        return DEFAULT_LEVEL

    def rules(self) -> Iterator[str]:
        """The ids of all rules that were not switched off."""
        for part in (self.driver, *self.extensions):
            for descriptor in map(a_dict, a_list(part.get("rules"))):
                rule = Rule(descriptor, part)
                said = [o for call in self.invocations for o in self._overrides(call, rule)]
                enabled = [one["enabled"] for one in (*said, _default(rule)) if "enabled" in one]
                if a_text(descriptor.get("id")) and (not enabled or enabled[0] is not False):
                    yield descriptor["id"]

    def text(self, message: object, rule: Rule | None) -> str:
        """What is said for people: as it stands, or by its id out of the rule's or the tool's texts (3.11)."""
        said = a_dict(message)
        found = text_of(said) or text_of(self._string(a_text(said.get("id")), rule))
        if not found and rule is not None:
            names = (rule.descriptor.get(name) for name in ("shortDescription", "fullDescription"))
            found = next(filter(None, map(text_of, names)), a_text(rule.descriptor.get("name")))
        found = found or a_text(said.get("id"))
        arguments = a_list(said.get("arguments"))
        if arguments:
            found = _PLACEHOLDER.sub(lambda match: _filled(match, arguments), found)
        return _ESCAPED.sub(r"\1", _LINK.sub(r"\1", found))

    def places(self, result: Mapping[str, Any]) -> list[ResultPlace]:
        """Where it is; all of them, where the result says that it must be mended at each (3.27.12)."""
        found = [self._place(location) for location in map(a_dict, a_list(result.get("locations")))]
        found = [place for place in found if place.uri or place.logical]
        if not found:
            request = a_dict(result.get("webRequest"))
            request = item(self.run.get("webRequests"), request.get("index")) or request
            uri = self.uri(a_dict(result.get("analysisTarget"))) or a_text(request.get("target"))
            found = [ResultPlace(uri, "", {})] if uri else []
        return found or [NOWHERE]

    def targets(self) -> list[str]:
        """The places that the tool was told to look at (3.24.6)."""
        rows = enumerate(map(a_dict, a_list(self.run.get("artifacts"))))
        uris = (self.uri({"index": n}) for n, row in rows if "analysisTarget" in a_list(row.get("roles")))
        return list(dict.fromkeys(filter(None, uris)))

    def uri(self, artifact_location: Mapping[str, Any], depth: int = 0) -> str:
        """An artifact's place, by itself or by its index; of one inside another, both."""
        artifact = item(self.run.get("artifacts"), artifact_location.get("index"))
        location = artifact_location if a_text(artifact_location.get("uri")) else a_dict(artifact.get("location"))
        uri = self._based(a_text(location.get("uri")).strip(), location.get("uriBaseId"))
        parent = artifact.get("parentIndex")
        if depth < _DEEPEST and item(self.run.get("artifacts"), parent):
            return f"{self.uri({'index': parent}, depth + 1)}!{uri}"
        return uri

    def _based(self, uri: str, base_id: object) -> str:
        """With its base, where that is an address of the web; with its name elsewhere: folders differ by machine."""
        if not uri or not isinstance(base_id, str) or urlsplit(uri).scheme:
            return uri
        base = self._base(base_id)
        return urljoin(base, uri) if base.startswith(("http://", "https://")) else f"{base_id}/{uri}"

    def _base(self, base_id: object, depth: int = 0) -> str:
        base = a_dict(a_dict(self.run.get("originalUriBaseIds")).get(base_id)) if isinstance(base_id, str) else {}
        if not base or depth > _DEEPEST:
            return ""
        return urljoin(self._base(base.get("uriBaseId"), depth + 1), a_text(base.get("uri")))

    def _place(self, location: Mapping[str, Any]) -> ResultPlace:
        physical = a_dict(location.get("physicalLocation"))
        region = a_dict(physical.get("region"))
        if "snippet" not in region and "snippet" in a_dict(physical.get("contextRegion")):
            region = {**region, "snippet": physical["contextRegion"]["snippet"]}
        uri = self.uri(a_dict(physical.get("artifactLocation"))) or self._address(a_dict(physical.get("address")))
        names = (self._logical(part) for part in map(a_dict, a_list(location.get("logicalLocations"))))
        return ResultPlace(uri, next(filter(None, names), ""), region)

    def _logical(self, part: Mapping[str, Any], depth: int = 0) -> str:
        """Its full name, by itself or by its index; otherwise its own name behind that of what it is in."""
        row = {**item(self.run.get("logicalLocations"), part.get("index")), **part}
        full = a_text(row.get("fullyQualifiedName"))
        name = a_text(row.get("name")) or a_text(row.get("decoratedName"))
        parent = item(self.run.get("logicalLocations"), row.get("parentIndex"))
        if full or not name or not parent or depth > _DEEPEST:
            return full or name
        return f"{self._logical(parent, depth + 1)}.{name}"

    def _address(self, part: Mapping[str, Any]) -> str:
        row = {**item(self.run.get("addresses"), part.get("index")), **part}
        number = row.get("absoluteAddress", row.get("relativeAddress"))
        name = a_text(row.get("fullyQualifiedName")) or a_text(row.get("name"))
        return name or (f"0x{number:x}" if isinstance(number, int) and number >= 0 else "")

    def _rule(self, reference: Mapping[str, Any]) -> Rule | None:
        component = self._component(a_dict(reference.get("toolComponent")))
        if descriptor := item(component.get("rules"), reference.get("index")):
            return Rule(descriptor, component)
        named = a_text(reference.get("id"))
        for part in (component, self.driver, *self.extensions):
            table = self._by_id.get(id(part), {})
            for name in (a_text(reference.get("guid")).lower(), *_hierarchy(named)):
                if name in table:
                    return Rule(table[name], part)
        return None

    def _component(self, reference: Mapping[str, Any]) -> Mapping[str, Any]:
        if found := item(self.extensions, reference.get("index")):
            return found
        for part in self.extensions:
            if any(reference.get(name) and reference[name] == part.get(name) for name in ("guid", "name")):
                return part
        return self.driver

    def _overrides(self, call: Mapping[str, Any], rule: Rule | None) -> Iterator[Mapping[str, Any]]:
        for override in map(a_dict, a_list(call.get("ruleConfigurationOverrides"))) if rule is not None else ():
            meant = self._rule(a_dict(override.get("descriptor")))
            if meant is not None and rule is not None and meant.descriptor is rule.descriptor:
                yield a_dict(override.get("configuration"))

    def _string(self, name: str, rule: Rule | None) -> Mapping[str, Any]:
        tables = (
            [] if rule is None else [rule.descriptor.get("messageStrings"), rule.component.get("globalMessageStrings")]
        )
        found = (a_dict(a_dict(table).get(name)) for table in (*tables, self.driver.get("globalMessageStrings")))
        return next(filter(None, found), {})


def _by_id(component: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    rules = [a_dict(rule) for rule in a_list(component.get("rules"))]
    found = {a_text(rule.get("guid")).lower(): rule for rule in rules} | {
        a_text(rule.get("id")): rule for rule in rules
    }
    found.pop("", None)
    return found


def _hierarchy(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.rpartition("/")[0]


def _default(rule: Rule | None) -> Mapping[str, Any]:
    return {} if rule is None else a_dict(rule.descriptor.get("defaultConfiguration"))


def _filled(match: re.Match[str], arguments: list[Any]) -> str:
    if match[1] is None:
        return match[0][0]
    number = int(match[1]) if len(match[1]) <= 4 else len(arguments)  # noqa: PLR2004
    return str(arguments[number]) if number < len(arguments) else match[0]
