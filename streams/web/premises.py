"""What every handler stands on: built once, at the start, and handed in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import httpx

from schemas.policy import Policy
from streams.clock import Clock, parse_clock
from streams.files.command_keys import own_key
from streams.files.faults import FileError
from streams.files.page_keys import PageKey
from streams.files.policy.loading import load_policy
from streams.files.uploads.shelf import Shelf
from streams.kafka.gathered_publishing import GatheredPublishing
from streams.ledger import Ledger, open_ledger
from streams.log_events import event_log
from streams.rules.state.snapshot import Now
from streams.services.api_keys import KnownKeys
from streams.services.bulletins.desk import BulletinDesk
from streams.services.changes import ChangeFeed
from streams.services.commands import Key
from streams.services.connections import kafka_config, topics_of
from streams.services.handing_in import HandingIn
from streams.services.kept_numbers import KeptNumbers
from streams.services.known_owners import KnownOwners
from streams.services.known_registry import KnownRegistry
from streams.services.link_keys import link_keys
from streams.services.login_service import LoginService
from streams.services.page_keys import page_key
from streams.services.passwords import Passwords
from streams.services.registering import Registering
from streams.services.search_filling import SearchFilling
from streams.services.tracing import Tracer
from streams.settings.model import Settings
from streams.store.store import Store, open_store
from streams.web.commanding import CommandSender
from streams.web.forms.nonces import Nonces
from streams.web.guard.arrivals import Arrivals
from streams.web.guard.rates import Rate

GETS, POSTS = 30, 10  # a minute, for a link
STRANGERS: Final = 30  # a minute, unknown links from one address
LOGINS: Final = 30  # a minute, passwords and links from one address

LINKS: Final = "web-links"
DESK: Final = "web-desk"
SHOWN_ONLY: Final[Mapping[PageKey, str]] = {
    LINKS: "本页目前只供查看，请按来信落款电话联系办理。",
    DESK: "签名密钥不可用，本页目前只供查看，请联系管理员。",
}

log = event_log(__name__)


@dataclass(frozen=True, slots=True)
class Signing:
    """Whether pages may act, and with which key; `reason` where they may not."""

    key: Key | None = None
    reason: str = ""


@dataclass(slots=True)
class Rates:
    """How often, counted by this process.

    U-4  A link is shown 30 times and submitted 10 times a minute. An address counts for unknown links alone, 30 a
         minute, and only unknown links get no answer for it: behind one address stands a whole city. The addresses of
         an IPv6 /64 are one: a single machine has them all.
    """

    shown: Rate = field(default_factory=lambda: Rate(GETS))
    submitted: Rate = field(default_factory=lambda: Rate(POSTS))
    strangers: Rate = field(default_factory=lambda: Rate(STRANGERS))
    logins: Rate = field(default_factory=lambda: Rate(LOGINS))


@dataclass(frozen=True, slots=True)
class Premises:
    """Everything that pages use."""

    settings: Settings
    policy: Policy
    clock: Clock
    ledger: Ledger
    store: Store
    registry: KnownRegistry
    commands: CommandSender
    shelf: Shelf
    keys: tuple[str, ...]  # of links; the first signs
    nonces: Nonces
    signing: Mapping[PageKey, Signing]  # of the parts that are served
    api_keys: KnownKeys
    assets: KnownOwners
    handing_in: HandingIn
    registering: Registering
    bulletins: BulletinDesk
    tracer: Tracer
    filling: SearchFilling
    changes: ChangeFeed
    login_service: LoginService | None = None  # None: there is no other than ours
    kept: KeptNumbers = field(default_factory=KeptNumbers)
    rates: Rates = field(default_factory=Rates)
    arrivals: Arrivals = field(default_factory=Arrivals)
    passwords: Passwords = field(default_factory=Passwords)

    def now(self) -> Now:
        """The moment of a request."""
        return self.clock.now()


@asynccontextmanager
async def premises(settings: Settings, keys: Iterable[PageKey], clock: Clock | None = None) -> AsyncIterator[Premises]:
    """Opens ledger, store and the way to Kafka; `keys` sign what is submitted.

    Raises what is in the way, in a sentence.
    """
    policy = load_policy(settings.policy)
    link = link_keys(settings)
    signing = {key: signing_of(settings, key) for key in keys}
    url = settings.database_url.get_secret_value()
    async with AsyncExitStack() as stack:
        ledger = await open_ledger(url, read_only=True)
        stack.push_async_callback(ledger.close)
        store = await open_store(url)
        stack.push_async_callback(store.close)
        kafka, topics = kafka_config(settings), topics_of(settings)
        commands = await stack.enter_async_context(CommandSender(kafka, topics.commands, ledger))
        publishing = GatheredPublishing(kafka)
        stack.push_async_callback(publishing.stop)
        registry, assets = KnownRegistry(ledger, settings.zone), KnownOwners(ledger)
        service = None
        if settings.pages_oidc_issuer:
            service = LoginService(settings, await stack.enter_async_context(httpx.AsyncClient()))
        yield Premises(
            settings=settings,
            policy=policy,
            clock=clock or parse_clock(settings.clock),
            ledger=ledger,
            store=store,
            registry=registry,
            commands=commands,
            shelf=Shelf(settings.files_dir),
            keys=link,
            nonces=Nonces(link),
            signing=signing,
            api_keys=KnownKeys(store.keys),
            assets=assets,
            handing_in=HandingIn(topics.findings, settings.max_message_bytes, policy, assets, registry, publishing),
            registering=Registering(ledger, store.record_changes, publishing, topics.registry),
            login_service=service,
            bulletins=BulletinDesk(settings, policy, publishing, topics.bulletins),
            filling=SearchFilling(kafka, topics.tickets, ledger, store.search),
            changes=ChangeFeed(ledger),
            tracer=Tracer(ledger, kafka, topics, policy, settings.max_message_bytes),
        )


def signing_of(settings: Settings, wanted: PageKey) -> Signing:
    """With this key (O-7): the one that this process was given, otherwise the one beside the ledger.

    Where it cannot be kept, pages show and do not act.
    """
    if settings.command_key is not None:
        key_id, secret = own_key(settings.command_key.get_secret_value())
        if key_id == wanted:
            return Signing((key_id, secret))
    try:
        key = page_key(settings, wanted)
    except FileError as error:
        log.warning("pages_without_key", error=str(error))
        return Signing(reason=SHOWN_ONLY[wanted])
    return Signing((key.key_id, key.secret))
