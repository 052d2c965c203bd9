"""Short messages for trying things out: shown instead of sent."""

from collections.abc import Callable

from notifiers.addresses import mask_phone
from notifiers.protocol import Outcome, Sms


class ConsoleNotifier:
    """Writes what would be sent, a line a message."""

    def __init__(self, write: Callable[[str], None]) -> None:
        """`write` shows one line."""
        self._write = write

    async def send(self, sms: Sms, /) -> Outcome:
        """Show it."""
        self._write(f"短信 → {sms.to.name} {mask_phone(sms.to.address)}：{sms.text}")
        return Outcome("accepted", "accepted", sms.notice_id)

    async def close(self) -> None:
        """Nothing is open."""
