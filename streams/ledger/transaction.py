"""One transaction: all that may be done in it, part by part."""

from __future__ import annotations

from streams.ledger.batch.due import DueWork
from streams.ledger.batch.followers import Followers
from streams.ledger.batch.handovers import Handovers
from streams.ledger.batch.logs import Logs
from streams.ledger.batch.marks import Marks
from streams.ledger.batch.pruning import Pruning
from streams.ledger.batch.reconciling import Reconciling
from streams.ledger.batch.recount import Recounting
from streams.ledger.batch.registry import RegistryRows
from streams.ledger.batch.rekeying import Rekeying
from streams.ledger.batch.save import Saving
from streams.ledger.batch.set_aside import SettingAside
from streams.ledger.notices.also_due import PressingTickets
from streams.ledger.notices.deliveries import Deliveries
from streams.ledger.notices.notices import Notices
from streams.ledger.notices.provider_refs import ProviderRefs
from streams.ledger.notices.waiting import WaitingNotices


class Transaction(
    Logs,
    DueWork,
    Recounting,
    Marks,
    Reconciling,
    Handovers,
    Followers,
    Saving,
    Notices,
    Deliveries,
    ProviderRefs,
    WaitingNotices,
    RegistryRows,
    Pruning,
    PressingTickets,
    SettingAside,
    Rekeying,
):
    """Comes from `Ledger.transaction()`; everything in it is saved together or not at all.

    offsets.py   lock_offsets, log_epoch, set_offsets, offsets, reached
    logs.py      bind_cluster, bind_logs, adopt_logs, adopt_cluster
    load.py      load
    due.py       due_tickets, due_refresh, due_runs, due_requests, due_asks, due_counts, refresh_tickets
    marks.py     mark
    reconciling.py restored, to_reconcile, reconcile
    recount.py   recount_provisional, due_recount
    handovers.py follow_units, next_handover, due_handover
    followers.py due_followers
    save.py      save
    outbox.py    outbox_add, outbox_delete, outbox_take_over, outbox_oldest, outbox_count
    notices.py   due_notices, mark_sending, finish, report, sent_since, oldest_due_unsent, ...
    deliveries.py delivery, told_about, latest_event, shared_secret
    provider_refs.py remember_ref, rename_ref, deliveries_of_refs, refs_to_ask, ask_again, forget_refs,
                 raise_alarm, end_alarm
    producer_records.py prune_standings
    waiting.py   told_of, readdress
    pruning.py   prune_step, prune_warned
    also_due.py  pressing
    set_aside.py set_aside, dealt_with, all_set_aside, put_back, in_a_row, note_in_a_row, forget_what_failed_in_a_row
    registry.py  registry_version, save_registry, load_registry, set_keyed_by
    rekeying.py  problems_after, current_among
    """
