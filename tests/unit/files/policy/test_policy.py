"""Policy packs: the built-in default is the contract's, and a pack of one's own is checked to the line."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path
from textwrap import dedent

import pytest

from schemas.policy import Amount, CheckRule, Policy
from streams.files.faults import FileError
from streams.files.policy.loading import load_policy

DEFAULT = load_policy()
CATALOGUE = re.findall(
    r"\S+",
    """
site.unreachable site.intermittent site.tampered site.security_hole home.stale column.stale column.blank
content.misplaced content.duplicate content.out_of_step content.fake_date content.privacy content.copyright
content.repost_missing link.dead link.wrong link.dark link.illegal text.typo wording.serious function.broken
function.missing service.broken service.dead_but_shown guide.incomplete footer.missing search.missing ipv6.missing
channel.missing message.unanswered message.late message.poor_answer message.zhaocuo account.stale account.quality
account.no_interaction account.unregistered account.duplicate comment.unanswered register.outdated veto.columns_blank
veto.columns_stale veto.site_unreachable veto.guides_incomplete veto.messages_unanswered
account.app_broken service.missing accessibility markup
""",
)
CLOCK_HOURS = {
    "wording.serious",
    "link.dark",
    "link.illegal",
    "site.tampered",
    "site.security_hole",
    "content.privacy",
    "content.fake_date",
}


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Where a test writes its pack."""
    return tmp_path / "pack.yaml"


def written(pack: Path, text: str) -> Path:
    """The pack with this text under a proper head."""
    pack.write_text("extends: default\npack: ours\nversion: 2\ntitle: 本省规则包\n" + dedent(text), encoding="utf-8")
    return pack


def refusals(pack: Path, text: str) -> list[str]:
    """What is wrong with the pack, without its folder."""
    with pytest.raises(FileError) as caught:
        load_policy(written(pack, text))
    return [str(fault).removeprefix(str(pack)) for fault in caught.value.faults]


def test_the_default_pack_holds_the_catalogue_and_nothing_else() -> None:
    """Every code of the contract, the derived ones too, and four that came later; each with a Chinese name."""
    assert sorted(DEFAULT.checks) == sorted(CATALOGUE)
    assert all(not rule.name.isascii() for rule in DEFAULT.checks.values())
    assert len({rule.name for rule in DEFAULT.checks.values()}) == len(CATALOGUE)


def test_severities_are_the_contracts() -> None:
    """Critical are those with clock hours and the vetoes; three are minor; the rest is major."""
    by_severity = {
        severity: {code for code, rule in DEFAULT.checks.items() if rule.severity == severity}
        for severity in ("critical", "minor")
    }
    assert {code for code, rule in DEFAULT.checks.items() if rule.deadline.unit == "hour"} == CLOCK_HOURS
    assert by_severity["critical"] == CLOCK_HOURS | {code for code in CATALOGUE if code.startswith("veto.")}
    assert by_severity["minor"] == {"text.typo", "footer.missing", "content.duplicate"}


def test_every_deadline_says_its_basis_and_how_sure_it_is() -> None:
    """A value that nobody has ruled says so in words."""
    for rule in (*DEFAULT.checks.values(), DEFAULT.default_check):
        for terms in (rule, *rule.variants):
            for value in (terms.deadline, terms.guarded, terms.extend_to, *terms.lines):
                if value is not None:
                    assert value.basis
                    assert value.sure != "D" or "默认值" in value.basis
    for section in (DEFAULT.limits, DEFAULT.sending):
        for name in type(section).model_fields:
            value = getattr(section, name)
            assert value is None or value.basis, name


def test_the_numbers_beside_the_deadlines() -> None:
    """The contract's default policy."""
    limits, sending = DEFAULT.limits, DEFAULT.sending
    assert (limits.relapse.days, limits.reopened.share, limits.notice.days) == (30, 0.5, 14)
    assert (limits.extension.times, limits.extension.working_days) == (2, 10)
    assert (limits.confirmation.sightings, limits.confirmation.minutes_apart) == (3, 10)
    assert (limits.explosion.findings, limits.brake.problems, limits.brake.share) == (50, 20, 0.5)
    producer = limits.producer_brake
    assert (producer.hours, producer.problems, producer.share, producer.sampled) == (48, 200, 0.8, 3)
    assert (limits.run.settle_seconds, limits.run.incomplete_seconds) == (30, 300)
    assert (limits.acknowledgement.share, limits.calendar.month, limits.calendar.day) == (0.5, 12, 15)
    assert (sending.gather.minutes, sending.sms_per_contact_and_day.count) == (10, 1)
    assert (sending.quiet.start, sending.quiet.end, sending.quiet.workdays_only) == (time(22), time(8), True)
    assert (DEFAULT.working_hours.start, DEFAULT.working_hours.end) == (time(9), time(17, 30))


def test_the_ladder_says_who_is_told_and_how() -> None:
    """Duty contacts first, then the head and the supervising unit; three rungs escalate."""
    assert [(step.name, step.to, step.over("working_day")) for step in DEFAULT.ladder] == [
        ("opened", ("duty",), ("email",)),
        ("reminder", ("duty",), ("email",)),
        ("overdue", (), ()),
        ("urge", ("duty",), ("email", "sms")),
        ("supervise", ("head", "supervisor"), ("email", "sms")),
        ("bulletin", ("supervisor",), ("email",)),
    ]
    assert DEFAULT.rungs == ("urge", "supervise", "bulletin")
    assert DEFAULT.steps["opened"].over("hour") == ("email", "sms")
    assert (DEFAULT.ref, load_policy() is DEFAULT) == ("default@1", True)


def test_an_unknown_code_has_the_default_rule_under_its_own_name() -> None:
    """Whatever a producer invents: major, five working days."""
    rule = DEFAULT.rule("Odd Code")
    assert (rule.code, rule.name, rule.severity, rule.deadline.amount) == ("Odd Code", "Odd Code", "major", 5)
    assert rule.row({}).rule == "Odd Code"
    assert DEFAULT.rule("Odd Code") is rule


@pytest.mark.parametrize(
    ("code", "discriminator"), [("link.dead", "target"), ("text.typo", "word"), ("wording.serious", "word")]
)
def test_some_checks_tell_problems_apart_by_evidence(code: str, discriminator: str) -> None:
    """Two dead targets on one page are two problems, two wrong words as well."""
    assert DEFAULT.rule(code).discriminator == discriminator


@pytest.mark.parametrize(
    ("check", "status", "transient"),
    [
        ("site.unreachable", None, True),
        ("link.dead", 0, True),
        ("link.dead", 429, True),
        ("link.dead", 503, True),
        ("link.dead", "503", True),
        ("link.dead", 404, False),
        ("link.dead", 600, False),
        ("link.dead", False, False),
        ("link.dead", None, False),
        ("link.dead", "soon", False),
        ("text.typo", 503, False),
    ],
)
def test_what_may_be_a_bad_moment_needs_confirmation(check: str, status: object, *, transient: bool) -> None:
    """A site that cannot be reached always, a dead link with a status that passes."""
    assert DEFAULT.rule(check).is_transient({"http_status": status}) is transient


@pytest.mark.parametrize(
    ("words", "amount", "unit"),
    [
        ("3 working days", 3, "working_day"),
        ("2小时", 2, "hour"),
        ("6 months", 6, "month"),
        ("5个工作日", 5, "working_day"),
    ],
)
def test_an_amount_can_be_written_in_words(words: str, amount: int, unit: str) -> None:
    """As people write it; nobody has ruled it then."""
    found = Amount.model_validate(words)
    assert (found.amount, found.unit, found.sure) == (amount, unit, "D")


def test_a_variant_without_a_guarded_deadline_has_the_checks() -> None:
    """In a guarded period the check's own strict value holds for all its variants."""
    rule = CheckRule.model_validate(
        {
            "code": "a.b",
            "name": "某项",
            "deadline": "5 working days",
            "guarded": "2 hours",
            "variants": [{"when": {"home_page": True}, "deadline": "1 working day"}],
        }
    )
    assert rule.row({"home_page": True}, guarded=True)[:3] == ("a.b/home_page=true/guarded", 2, "hour")


def test_a_pack_repeats_only_what_differs(pack: Path) -> None:
    """A check keeps the keys that are not named; a value is replaced whole, so that no basis is inherited."""
    policy = load_policy(
        written(
            pack,
            """
            checks:
              link.dead:
                deadline: {amount: 2, unit: working_day, sure: O, basis: 本省规定}
              local.check: {name: 本省检查项, deadline: 10 working days}
            limits:
              extension: {times: 1, working_days: 5}
            sending:
              quiet: {start: 21:00, end: 07:30, workdays_only: false}
            """,
        )
    )
    dead = policy.rule("link.dead")
    assert (policy.ref, policy.rule("local.check").deadline.amount) == ("ours@2", 10)
    assert (dead.deadline.amount, dead.deadline.basis, dead.discriminator) == (2, "本省规定", "target")
    assert (policy.limits.extension.basis, policy.limits.relapse.days) == ("", 30)
    assert (policy.sending.quiet.start, policy.sending.gather.minutes) == (time(21), 10)
    assert policy.rule("text.typo") == DEFAULT.rule("text.typo")
    assert DEFAULT.rule("link.dead").deadline.amount == 3


def test_an_unknown_key_is_named_with_file_line_path_and_what_was_expected(pack: Path) -> None:
    """Nothing is ignored in silence."""
    text = """
    checks:
      link.dead:
        dedline: 3 working days
        deadline: {amount: 3, unit: working_day, bases: 规定}
    limtis: {}
    """
    check = (
        "deadline, guarded, extend_to, lines, deduction, code, name, severity, variants, veto, grouped, group_by, "
        "discriminator, transient"
    )
    whole = (
        "pack, version, title, extends, in_force, source, working_hours, checks, default_check, places, derived, "
        "ladder, guarded, limits, sending, trusted, bulletin, commands"
    )
    assert refusals(pack, text) == [
        f":8: checks.link.dead.dedline: unknown key; expected one of {check}",
        ":9: checks.link.dead.deadline.bases: unknown key; expected one of basis, sure, amount, unit",
        f":10: limtis: unknown key; expected one of {whole}",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "checks:\n  link.dead: {severity: high}",
            ":6: checks.link.dead.severity: Input should be 'critical', 'major' or 'minor', not 'high'",
        ),
        (
            "checks:\n  link.dead:\n    deadline: soon",
            ":7: checks.link.dead.deadline: 'soon' is no amount of time such as `3 working days`, `2 hours`",
        ),
        ("checks:\n  local.check:\n    name: 本省", ":6: checks.local.check.deadline: this key is missing"),
        (
            "checks:\n  dead: {name: 死链, deadline: 2 hours}",
            ":5: checks: the key is the code, two words with a dot between them such as `link.dead`, not dead",
        ),
        ("limits:\n  relapse: {days: 0}", ":6: limits.relapse.days: Input should be greater than or equal to 1, not 0"),
        ("checks:\n  a.b: {code: b.c, name: 某项, deadline: 2 hours}", ":5: checks: the key is the code"),
        ("limits: 5", ":5: limits: Input should be a valid dictionary or instance of Limits, not 5"),
        ("working_hours: {start: 18:00, end: 09:00}", ":5: working_hours: `start` 18:00:00 must be before `end`"),
        ("checks:\n  link.dead:\n    transient: [9xx]", ":7: checks.link.dead.transient"),
        (
            "checks:\n  link.dead:\n    lines: [{kind: penalty, amount: 8, unit: round}]",
            ":7: checks.link.dead.lines.0: at most 7 rounds are counted, not 8",
        ),
        ("ladder: []", ":5: ladder: a ladder has at least one step"),
        (
            "ladder:\n  - {name: urge, title: 催办, at: {anchor: opened}}",
            ":5: ladder: step 'urge': the anchor 'opened' is none of due, half, opening",
        ),
        (
            "ladder:\n  - {name: urge, title: 催办, at: {anchor: due, working_days: 1}}",
            ":6: ladder.0.at: `working_days` and `time` go together",
        ),
        ("pack: twice", ":5: (file): the key 'pack' stands here twice"),
        ("checks: [", ":5: (file):"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(pack: Path, text: str, expected: str) -> None:
    """File, line, path, and what was expected."""
    first = refusals(pack, text)[0]
    assert first.startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("extends: jiangsu\npack: ours", ":1: extends: expected one of the built-in packs default, nhc, sasac"),
        ("pack: default\nversion: 2", ":1: pack: this is the name of a built-in pack"),
        ("version: 2\ntitle: 本省", ":1: pack: this key is missing"),
        ("- a\n- b", ":1: (file): a pack is expected"),
        ("", ":1: (file): a pack is expected"),
        ("a: \x00", ":0: (file): not YAML text"),
    ],
)
def test_a_file_that_is_no_pack_of_its_own_is_refused(pack: Path, text: str, expected: str) -> None:
    """A pack names itself, so that tickets can say which rules they were opened under."""
    pack.write_text(text, encoding="utf-8")
    with pytest.raises(FileError) as caught:
        load_policy(pack)
    assert str(caught.value).removeprefix(str(pack)).startswith(expected)


def test_a_missing_file_is_said_with_its_name(tmp_path: Path) -> None:
    """No traceback for a wrong path."""
    with pytest.raises(FileError, match=r"none\.yaml:0: \(file\): cannot be read \(No such file"):
        load_policy(tmp_path / "none.yaml")


def test_a_policy_is_frozen_and_can_key_a_cache() -> None:
    """It is compared by identity."""
    assert len({DEFAULT, load_policy()}) == 1
    copy = DEFAULT.model_copy()
    assert copy != load_policy()
    with pytest.raises(ValueError, match="frozen"):
        DEFAULT.version = 2  # type: ignore[misc]
    assert isinstance(DEFAULT, Policy)
