"""A policy pack 规则包: what counts, until when, who is told. Data that an official can read and change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cached_property, lru_cache
from typing import Self

from pydantic import Field, field_validator, model_validator

from schemas.base import Identifier
from schemas.check_rule import Amount, CheckRule, PackPart, Variant
from schemas.derivation import Derivation, Probing
from schemas.guarded import GuardedTerms
from schemas.ladder import NEWS, OPENED, Role, StepRule, climbable
from schemas.limits import Limits, Sending, WorkingHours
from schemas.places import Places
from schemas.powers import CommandPowers

__all__ = ["Amount", "CheckRule", "Limits", "Policy", "Role", "Sending", "StepRule", "Variant", "WorkingHours"]

CODE_PATTERN = r"^([a-z][a-z0-9_]*(\.[a-z0-9_]+)+|accessibility|markup)$"


class Policy(PackPart):
    """A pack. Loaded once; compared and hashed by identity, so that it can key a cache."""

    pack: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    version: int = Field(ge=1)
    title: str = Field(min_length=1, description="中文名称")
    extends: str | None = Field(
        default=None,
        description="a shipped pack's name (`default`, if not given), or a path seen from this file's folder",
    )
    in_force: date | None = Field(default=None, description="from when its rules hold")
    source: str = Field(default="", description="the decrees and notices it follows")
    working_hours: WorkingHours
    checks: Mapping[str, CheckRule]
    default_check: CheckRule
    places: Places = Field(default=Places(), description="which spellings are one place, beyond the standards (D-13)")
    derived: Mapping[str, Derivation] = Field(
        default_factory=dict, description="by code: what single findings add up to"
    )
    ladder: tuple[StepRule, ...]
    guarded: GuardedTerms = Field(default=GuardedTerms(), description="in guarded periods 重要保障期")
    limits: Limits
    sending: Sending
    trusted: tuple[Identifier, ...] = Field(
        default=(), description="sources whose `absent` is a proof though nobody asked for it (C-50)"
    )
    commands: CommandPowers = Field(default=CommandPowers(), description="who may give which signed command (O-7)")

    def __eq__(self, other: object) -> bool:
        """Only itself."""
        return self is other

    __hash__ = object.__hash__

    @cached_property
    def ref(self) -> str:
        """Pack and version, as tickets name it: `default@1`."""
        return f"{self.pack}@{self.version}"

    @cached_property
    def rungs(self) -> tuple[str, ...]:
        """The steps that escalate, lowest first; each has a topic."""
        return tuple(step.name for step in self.ladder if step.escalation)

    @cached_property
    def looking(self) -> str:
        """The rung that hears of troubles of the looking."""
        return self.sending.looking.rung or ("supervise" if "supervise" in self.rungs else self.rungs[-1])

    def step_of(self, kind: str) -> StepRule | None:
        """The step that says whom notices of this kind reach: of news of a ticket, and of its opening, the first."""
        return self.ladder[0] if kind == OPENED or kind in NEWS else self.steps.get(kind)

    @cached_property
    def reminders(self) -> frozenset[str]:
        """The steps that remind before the ladder escalates."""
        return frozenset(step.name for step in self.ladder[1:] if not step.escalation)

    @cached_property
    def steps(self) -> Mapping[str, StepRule]:
        """The ladder's steps by name."""
        return {step.name: step for step in self.ladder}

    @cached_property
    def counted(self) -> frozenset[str]:
        """The checks of which open problems add up to a derived one."""
        return frozenset(kind.check for rule in self.derived.values() for tally in rule.tallies for kind in tally.of)

    @cached_property
    def probed(self) -> Mapping[str, Probing]:
        """The checks of which every run is a probe."""
        return {rule.probing.check: rule.probing for rule in self.derived.values() if rule.probing is not None}

    def rule(self, check: str) -> CheckRule:
        """The rule of a check; for a code that is not in the catalogue the default, under that code."""
        return self.checks.get(check) or _unknown(self, check)

    @field_validator("checks", mode="before")
    @classmethod
    def _codes(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            return value
        return {code: {"code": code, **rule} if isinstance(rule, Mapping) else rule for code, rule in value.items()}

    @field_validator("checks")
    @classmethod
    def _well_named(cls, value: Mapping[str, CheckRule]) -> Mapping[str, CheckRule]:
        wrong = [code for code, rule in value.items() if not re.fullmatch(CODE_PATTERN, code) or rule.code != code]
        if wrong:
            msg = f"the key is the code, two words with a dot between them such as `link.dead`, not {', '.join(wrong)}"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _heard(self) -> Self:
        wanted = self.sending.looking.rung
        if wanted is not None and wanted not in self.rungs:
            msg = f"sending.looking: {wanted!r} is none of the pack's rungs {', '.join(self.rungs)}"
            raise ValueError(msg)
        return self

    @field_validator("ladder")
    @classmethod
    def _climbable(cls, value: tuple[StepRule, ...]) -> tuple[StepRule, ...]:
        climbable(value)
        if not any(step.escalation for step in value):
            msg = "a rung is missing: a step with `escalation: true`, so that supervisors hear of what is not done"
            raise ValueError(msg)
        return value


@lru_cache(maxsize=1024)
def _unknown(policy: Policy, check: str) -> CheckRule:
    default = policy.default_check
    terms = {name: getattr(default, name) for name in CheckRule.model_fields}
    return CheckRule(**{**terms, "code": check, "name": check})
