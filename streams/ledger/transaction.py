"""One transaction, put together from its parts."""

from __future__ import annotations

from typing import Any

from streams.ledger.batch.assets import Assets
from streams.ledger.batch.bulletins import Bulletins
from streams.ledger.batch.due import DueWork
from streams.ledger.batch.followers import Followers
from streams.ledger.batch.handovers import Handovers
from streams.ledger.batch.load import Loading
from streams.ledger.batch.logs import Logs
from streams.ledger.batch.marks import Marks
from streams.ledger.batch.members import Members
from streams.ledger.batch.offsets import Offsets
from streams.ledger.batch.outbox import Outbox
from streams.ledger.batch.past import Past
from streams.ledger.batch.pending_followers import PendingFollowers
from streams.ledger.batch.producer_records import ProducerRhythms, ProducerStandings
from streams.ledger.batch.pruning import Pruning
from streams.ledger.batch.reconciling import Reconciling
from streams.ledger.batch.recount import Recounting
from streams.ledger.batch.refreshes import Refreshes
from streams.ledger.batch.refused_commands import RefusedCommands
from streams.ledger.batch.registry import RegistryRows
from streams.ledger.batch.rekeying import Rekeying
from streams.ledger.batch.save import Saving
from streams.ledger.batch.set_aside import SettingAside
from streams.ledger.batch.told import Told
from streams.ledger.batch.weekly_mails import WeeklyMails
from streams.ledger.engines.port import Session
from streams.ledger.notices.also_due import PressingTickets
from streams.ledger.notices.deliveries import Deliveries
from streams.ledger.notices.notices import Notices
from streams.ledger.notices.provider_refs import ProviderRefs
from streams.ledger.notices.waiting import WaitingNotices
from streams.ledger.notices.webhook_posts import WebhookPosts
from streams.ledger.numbers import Reservation
from streams.ledger.part import Work


class Transaction:
    """Comes from `Ledger.transaction()`; everything in it is saved together or not at all.

    Each attribute is one thing that the ledger keeps or does, with the methods of its class.
    """

    def __init__(self, session: Session, owner: str, reservation: Reservation) -> None:
        """`owner` names this process among the workers."""
        work = Work(session, owner, reservation)
        assets = Assets(work)
        self._work = work
        self._session = session
        self.outbox = Outbox(work)
        self.refreshes = Refreshes(work)
        self.standings = ProducerStandings(work)
        self.rhythms = ProducerRhythms(work)
        self.weeks = WeeklyMails(work)
        self.past = Past(work)
        loading = Loading(work, assets, Members(work), PendingFollowers(work), self.standings, self.rhythms, Told(work))
        self.load = loading.load
        self.save = Saving(work, self.outbox, self.standings, self.rhythms, self.weeks, self.refreshes, self.past).save

        # Reading on from where the ledger stands.
        self.offsets = Offsets(work)
        self.logs = Logs(work, self.offsets, self.refreshes)
        self.registry = RegistryRows(work)
        self.bulletins = Bulletins(work)
        self.marks = Marks(work)
        self.refused_commands = RefusedCommands(work)
        # Due work, and what follows page by page.
        self.due = DueWork(work, assets, loading, self.refreshes, self.standings, self.rhythms, self.weeks)
        self.recount = Recounting(work, assets, loading)
        self.handovers = Handovers(work, assets, loading)
        self.followers = Followers(work, assets, loading)
        self.rekeying = Rekeying(work)
        self.reconciling = Reconciling(work, assets, self.refreshes)
        self.set_aside = SettingAside(work, self.refreshes)
        self.pruning = Pruning(work, assets)
        # Sending.
        self.notices = Notices(work)
        self.waiting = WaitingNotices(work)
        self.deliveries = Deliveries(work)
        self.provider_refs = ProviderRefs(work)
        self.webhooks = WebhookPosts(work)
        self.pressing = PressingTickets(work)

    @property
    def picked(self) -> dict[Any, int]:
        """What due work has taken up, before it is loaded: its key -> asset_pk. Another one may be put in its place."""
        return self._work.picked

    @picked.setter
    def picked(self, found: dict[Any, int]) -> None:
        self._work.picked = found

    def load_in_bounds(self, *, divisible: bool) -> None:
        """Texts are loaded up to a limit; beyond it TooMuch is raised, or what cannot be divided goes without facts."""
        self._session.room.bound(divisible=divisible)
