"""What the gauges show of the database, and how often it is asked for."""

from __future__ import annotations

from streams.clock import Clock
from streams.ledger import Ledger
from streams.rules.state.snapshot import ChangeSet
from streams.worker.metrics import Metrics
from streams.worker.pages import OBSERVE_SECONDS, SELDOM, Observer
from tests.support.ledger import NOW, asset_pk, open_ticket, save


class Watch:
    """A monotonic clock on which each reading takes as long as it is told, and which can be put forward."""

    def __init__(self) -> None:
        self.at = 0.0
        self.counting = 0.0  # how long each look at the clock takes from now on

    def __call__(self) -> float:
        """The seconds until now."""
        self.at += self.counting
        return self.at


def shown(metrics: Metrics) -> float | None:
    """The gauge of open tickets."""
    return metrics.registry.get_sample_value("rectify_tickets", {"status": "open"})


async def test_what_takes_long_is_counted_seldom(ledger: Ledger) -> None:
    """Every 10 s while counting is quick; when it takes 3 s, once a minute."""
    metrics, watch = Metrics(), Watch()
    observe = Observer(ledger, Clock(real=lambda: NOW.real), metrics, watch)
    asset = await asset_pk(ledger)
    for number in (1, 2):
        await save(ledger, ChangeSet(new_tickets=[open_ticket(number, str(number), asset)]))
        await observe()
        assert shown(metrics) == number
        await observe()
        watch.at += OBSERVE_SECONDS
    watch.counting = 3.0
    await observe()
    watch.counting = 0.0
    await save(ledger, ChangeSet(new_tickets=[open_ticket(3, "3", asset)]))
    watch.at += OBSERVE_SECONDS
    await observe()
    assert shown(metrics) == 2
    watch.at += 3.0 * SELDOM
    await observe()
    assert shown(metrics) == 3
