"""Identity: by what the ledger, people and producers know a problem (rules D-1, D-2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from streams.rules.state.records import Problem

FORMER: Final = "1-"


class ProblemIdentity(NamedTuple):
    """A problem's identity: the ledger's 16-byte key and the fingerprint that people and producers see."""

    key: bytes
    fingerprint: str
    otherwise: bytes | None = None  # the key, where the asset has no problem of `key`: it may be another asset's

    @property
    def keys(self) -> tuple[bytes, ...]:
        """All that it may be known by."""
        return (self.key,) if self.otherwise is None else (self.key, self.otherwise)

    @property
    def former(self) -> bytes | None:
        """The key of recipe 1, if it is a name of that kind: its problem may have another one by now (D-14)."""
        return self.key if self.otherwise is not None and self.fingerprint.startswith(FORMER) else None

    def among(
        self, problems: Mapping[bytes, Problem], asset_pk: int, renamed: Mapping[bytes, bytes] | None = None
    ) -> ProblemIdentity:
        """With the one key that it has on this asset; `renamed` says what former keys are now."""
        if self.otherwise is None:
            return self
        for key in (self.key, renamed.get(self.key) if renamed else None):
            problem = problems.get(key) if key is not None else None
            if problem is not None and problem.asset_pk == asset_pk:
                return ProblemIdentity(problem.key, self.fingerprint if key == self.key else problem.fingerprint)
        return ProblemIdentity(self.otherwise, self.fingerprint)
