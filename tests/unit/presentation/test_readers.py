"""Letters by their readers: who signs, where to act, what each is to do (N-60, N-61, N-63, N-64)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notifiers.sms.templates import Template, faults
from schemas.ladder import ABOUT_ASKS
from streams.presentation import links
from streams.presentation.letters.kinds import ABOUT_LOOKING
from streams.presentation.letters.letter import KINDS, Kind, Letter, Reader, StandingIn
from streams.presentation.letters.numbers import beginning, short_number
from streams.presentation.letters.office import UNSIGNED, Office, Signatory
from streams.presentation.letters.render import render_calendar, render_mail, render_sms
from streams.presentation.letters.sms_variables import variables
from streams.services.sample_office import OFFICE
from streams.services.samples import readers, sample
from tests.support.world import POLICY

HEAD = Signatory("某市政务公开办", "赵敏", "0700-8880001", "政务公开")
TWO = "k" * 32, "o" * 32


def parts(letter: Letter) -> tuple[str, str]:
    """Text and HTML."""
    content = render_mail(letter)
    return content.text, content.html


@pytest.mark.parametrize("kind", [*KINDS, "digest", "warned"])
def test_every_letter_is_signed(kind: str) -> None:
    """N-60: office, contact, telephone and date at its foot; the short message begins with the sign."""
    letter = replace(sample(kind, POLICY), letterhead=HEAD)
    for body in parts(letter):
        for said in ("某市政务公开办", "联系人：赵敏", "电话：0700-8880001", "2023年3月3日（周五）"):
            assert said in body[body.rindex("某市政务公开办") :], said
    assert render_sms(letter).startswith("【政务公开】")
    assert "整改闭环" not in render_mail(letter).text


def test_the_sign_is_the_offices_name_where_no_other_is_registered() -> None:
    """N-60: and the product's name only where nobody has said who it is."""
    assert replace(HEAD, sms_sign="").sign == "【某市政务公开办】"
    assert UNSIGNED.sign == "【整改闭环】"


def test_the_calendar_names_the_office() -> None:
    """N-60: as the organizer."""
    assert (
        "ORGANIZER;CN=某市政务公开办:" in render_calendar(replace(sample("opened"), letterhead=HEAD), "a@b.cn").decode()
    )


def test_the_owner_s_letter_carries_the_link_at_both_addresses() -> None:
    """N-61: as text and as HTML; the token names the notice."""
    office = Office(HEAD, "https://zwgk.example/", "http://inside.example", TWO)
    letter = replace(sample("opened"), pages=office.pages("0" * 32))
    token = links.token(TWO[0], "0" * 32)
    for body in parts(letter):
        assert f"https://zwgk.example/u/{token}" in body
        assert f"http://inside.example/u/{token}" in body
        assert "无需账号" in body
    assert links.read(TWO, token) == "0" * 32


def test_the_first_letter_says_how_it_is_done() -> None:
    """N-61: 整改通知 to duty contacts, alone or in a digest, has the address of the guide; no other letter has."""
    told = "办理说明"
    for kind in ("opened", "digest"):
        for body in parts(sample(kind)):
            assert told in body
            assert "https://zwgk.city.example/guide" in body
    others = [sample("reminder"), sample("opened", POLICY, "head"), replace(sample("opened"), pages=(), guide="")]
    assert all(told not in body for letter in others for body in parts(letter))
    assert Office(HEAD, "", "http://inside.example/", TWO).guide == "http://inside.example/guide"
    assert Office(HEAD, "", "", TWO).guide == Office(HEAD, "https://zwgk.example", "", ()).guide == ""


@pytest.mark.parametrize("reader", ["head", "supervisor"])
def test_who_supervises_gets_the_desk_s_address(reader: Reader) -> None:
    """N-61: of each ticket, and no link."""
    for kind in ("supervise", "digest"):
        letter = sample(kind, POLICY, reader)
        for body in parts(letter):
            assert "/u/" not in body
            assert f"http://zwgk.city.internal.example/tickets/{letter.items[0].ticket['ticket_id']}" in body


def test_without_pages_a_letter_says_whom_to_call() -> None:
    """N-61: and carries no address at all."""
    letter = replace(sample("opened"), pages=(), letterhead=HEAD)
    for body in parts(letter):
        assert "请与某市政务公开办（赵敏，0700-8880001）联系" in body
        assert "/u/" not in body
    assert Office(HEAD, "", "", TWO).pages("0" * 32) == ()
    assert Office(HEAD, "https://zwgk.example", "", ()).pages("0" * 32) == ()
    assert Office(HEAD).desk("ZG1") == ""


def test_a_short_message_has_the_link_only_in_a_template_that_allows_it() -> None:
    """N-61: its variable may stand behind an address, and no other may; free texts carry none."""
    letter = sample("opened")
    assert "http" not in render_sms(letter)
    code = variables(letter)[1]["code"]
    assert links.read_short(OFFICE.keys, code) is not None
    text = "您有整改单${ticket}待签收，办理：https://zwgk.example/u/${code} 请及时处理"
    allowed = Template("SMS_1", "政务公开", text, {"ticket": 23, "code": 20})
    assert not list(faults("aliyun", allowed))
    assert list(faults("aliyun", replace(allowed, text=text.replace("/u/${code}", "/${ticket}/${code}"))))
    assert list(faults("aliyun", replace(allowed, variables={"ticket": 23, "code": 19})))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("closed", *ABOUT_LOOKING, *ABOUT_ASKS)])
def test_each_reader_is_told_what_is_his_to_do(kind: Kind) -> None:
    """N-63: three letters, of which only the owner's duty contacts are asked to do it themselves."""
    told = {reader: sample(kind, POLICY, reader) for reader in readers(kind)}
    texts = {reader: render_mail(letter).text for reader, letter in told.items()}
    assert len(set(texts.values())) == len(texts) == 3
    assert "督促某市科学技术局" in texts["supervisor"]
    assert "督促某市科学技术局" not in texts["duty"] + texts["head"]
    for reader, text in texts.items():
        assert "rectify " not in text
        assert ("贵单位" in text) <= (reader != "supervisor")


def test_an_ask_is_read_by_who_answers_and_the_answer_by_who_asked() -> None:
    """N-63, N-70: who answers has the desk, who asked the link of its page; nobody is asked to see to it."""
    for kind in ("asked", "ask_unanswered"):
        assert readers(kind) == ("supervisor",)
        text = render_mail(sample(kind, POLICY)).text
        assert "核实理由" in text
        assert "/tickets/" in text
        assert "贵单位" not in text
        assert "督促" not in text
    assert readers("answered") == ("duty",)
    assert "贵单位的申请已答复" in render_mail(sample("answered", POLICY)).text


@pytest.mark.parametrize(
    ("why", "words"),
    [("nobody", "某市科学技术局没有登记可用的联系人"), ("unreached", "发给某市科学技术局的通知未能送达")],
)
def test_who_stands_in_for_an_owner_is_told_so(why: StandingIn, words: str) -> None:
    """N-63: without contacts, or where all have bounced; 贵单位 is never somebody else."""
    letter = sample("opened", POLICY, "supervisor")
    text = render_mail(replace(letter, items=(replace(letter.items[0], standing_in=why),))).text
    assert f"{words}，现将本通知发至主管单位，请转某市科学技术局办理。" in text
    assert "存在下列问题" in text
    assert "将本通知转某市科学技术局办理：" in text
    assert "值守联系人" in text
    assert "贵单位" not in text


@pytest.mark.parametrize(
    ("reason", "words"), [("first_load", "属首次入库的存量问题"), ("registered", "网站（账号）登记较晚")]
)
def test_the_true_deadline_stands_beside_the_granted_one(reason: str, words: str) -> None:
    """L-15, L-16: in the single letter and in a digest, and the code of the website with its name."""
    for kind in ("opened", "digest"):
        letter = sample(kind, POLICY)
        first, *others = letter.items
        deadline = {
            **first.ticket["deadline"],
            "reason": reason, "begun_on": "2023-03-03", "true_due_at": "2022-12-30T23:59:59+08:00",
        }  # fmt: skip
        first = replace(
            first, ticket={**first.ticket, "deadline": deadline}, asset={**(first.asset or {}), "code": "3301000001"}
        )
        for body in parts(replace(letter, items=(first, *others))):
            assert f"按规定应于2022年12月30日（周五）办结；{words}，时限自3月3日起计算" in body
            assert "标识码 3301000001" in body


@pytest.mark.parametrize("kind", ["reminder", "urge", "supervise", "bulletin"])
@pytest.mark.parametrize("reader", ["duty", "head", "supervisor"])
def test_nobody_is_told_to_rectify_at_once_while_a_recheck_is_awaited(kind: Kind, reader: Reader) -> None:
    """N-63: what has been claimed is waited for, also in the short message."""
    letter = sample(kind, POLICY, reader)
    claimed = {**letter.items[0].ticket, "status": "claimed"}
    waiting = replace(letter, items=(replace(letter.items[0], ticket=claimed),))
    for text in (render_mail(waiting).text, render_sms(waiting)):
        assert "立即" not in text
        assert "抓紧" not in text
    assert "等待复查" in render_mail(waiting).text


def test_a_letter_about_several_is_called_after_its_strongest_word() -> None:
    """N-63: in subject and band; a pack's own step counts by its place on the ladder."""
    kinds: tuple[Kind, ...] = ("urge", "supervise", "bulletin", "closed")
    items = [
        replace(
            sample(kind, POLICY).items[0], ticket={**sample(kind, POLICY).items[0].ticket, "ticket_id": f"T-{kind}"}
        )
        for kind in kinds
    ]
    items.append(replace(items[1], title="约谈", step=9, ticket={**items[1].ticket, "ticket_id": "T-9"}))
    content = render_mail(replace(sample("bulletin", POLICY), items=tuple(items), sheet=()))
    assert content.subject.startswith("【通报】1件、约谈1件、督办1件、催办1件、销号1件，已逾期4件")
    assert "通报 1 件、约谈 1 件" in content.html
    assert "#7a271a" in content.html


def test_a_word_for_whoever_is_on_duty_is_no_name() -> None:
    """Its unit is addressed instead; a person by unit and name."""
    assert "\n某市科学技术局 王五：\n" in render_mail(sample("opened")).text
    assert "\n某市人民政府办公室：\n" in render_mail(sample("supervise", POLICY)).text


@pytest.mark.parametrize(
    ("full", "short"), [("ZG260303-A453A481AA8E", "260303-A453"), ("T-8F3K2M9QX4", "T-8F3K2M9QX4"), ("", "")]
)
def test_a_number_that_can_be_read_out(full: str, short: str) -> None:
    """N-64: the day and four signs; other systems' numbers stay as they are."""
    assert short_number(full) == short
    assert full.startswith(beginning(short))


@pytest.mark.parametrize(
    ("said", "begins"), [("260303-a453", "ZG260303-A453"), (" 260303 ", "ZG260303"), ("ZG260303-A", "ZG260303-A")]
)
def test_what_is_read_out_begins_a_number(said: str, begins: str) -> None:
    """N-64: however much of it was heard."""
    assert beginning(said) == begins
