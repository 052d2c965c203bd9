"""Where bounces go: one address for all mails, or one for each of them, by which its bounce is recognised (VERP)."""

import re
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Final

from schemas.addresses import wire_email

SLOT: Final = "{}"
_ID: Final = re.compile(r"[0-9a-f]{32}")
_SPECIMEN: Final = "0" * 32


@dataclass(frozen=True, slots=True)
class ReturnPath:
    """`bounces+{}@city.gov.cn`: the letter's id stands for `{}`. Without `{}` every mail has the same address."""

    pattern: str

    @classmethod
    def parse(cls, text: str) -> "ReturnPath":
        """Read the setting; a name beside the address is left out.

        Raises:
            ValueError: it is no address, or `{}` stands in it twice or in its domain.
        """
        plain = parseaddr(text)[1] if SLOT not in text else text.strip()
        local, _, domain = plain.rpartition("@")
        if local.count(SLOT) > 1 or SLOT in domain or wire_email(plain.replace(SLOT, _SPECIMEN)) is None:
            raise ValueError(
                "the sender, or the address for bounces, is written rectify@city.gov.cn or bounces+{}@city.gov.cn"
            )
        return cls(plain)

    def address(self, letter_id: str) -> str:
        """The envelope's sender of a letter; an id that is not one of ours does not get into an address."""
        slot = letter_id if _ID.fullmatch(letter_id) else _SPECIMEN
        wire = wire_email(self.pattern.replace(SLOT, _SPECIMEN))
        if wire is None:
            raise ValueError("the sender is not an e-mail address")
        return wire.replace(_SPECIMEN, slot) if SLOT in self.pattern else wire

    def letter_id(self, address: str) -> str | None:
        """Which letter a bounce to this address is about; servers may change the case of its letters."""
        if SLOT not in self.pattern:
            return None
        before, _, after = self.pattern.lower().partition(SLOT)
        found = re.fullmatch(f"{re.escape(before)}({_ID.pattern}){re.escape(after)}", address.strip().lower())
        return found[1] if found and found[1] != _SPECIMEN else None
