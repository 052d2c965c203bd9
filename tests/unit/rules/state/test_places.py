"""One place in one spelling (rules D-1, D-13): tables of what is the same, and of what never is."""

from __future__ import annotations

from time import process_time

import pytest

from schemas.places import HostPrefixes, IgnoredParameters, OneScheme, Places
from streams.files.policy.loading import load_policy
from streams.rules.state.places import STANDARD, PlaceNormalizer, places_of

NOTICES = "https://kjj.example/%E9%80%9A%E7%9F%A5/"


@pytest.mark.parametrize(
    "same",
    [
        "https://kjj.example/%e9%80%9a%e7%9f%a5/",
        "https://kjj.example/通知/",
        "https://kjj.example/%7Ehome/../%E9%80%9A%E7%9F%A5/",
        "https://kjj.example/./通知/x/..",
        "https://kjj.example/%2E/通知/",
        "HTTPS://KJJ.EXAMPLE:443/通知/",
        "https://kjj.example./通知/",
        "https://kjj。example/通知/",
        "https://ｋｊｊ．ｅｘａｍｐｌｅ/通知/",
        "https：//kjj.example/通知/",
        "https://kjj.example:/通知/",
        "https://kjj.example:0443/通知/",
        "https://@kjj.example/通知/",
        "https:\\\\kjj.example\\通知\\".replace("https:\\\\", "https://"),
        " https://kjj.example/通知/ ",
        "https://kjj.example/通知/#top",
        "https://kjj.example/通知;jsessionid=8DBFC2FE/",
        "https://kjj.example/(S(4hqa0555fwsecu455xqckv45))/通知/",
    ],
)
def test_one_column_by_many_producers(same: str) -> None:
    """D-1: browsers, curl, Java and people each write another one."""
    assert STANDARD.one(same) == NOTICES


@pytest.mark.parametrize(
    ("written", "one"),
    [
        ("https://政务.中国/a b", "https://xn--zfr164b.xn--fiqs8s/a%20b"),
        ("https://a.cn/100%", "https://a.cn/100%25"),
        ("https://a.cn/%u9876", "https://a.cn/%25u9876"),
        ("https://a.cn/%2f%3F%cf%cc", "https://a.cn/%2F%3F%CF%CC"),
        ('https://a.cn/"<a>"|{b}^`[c]', "https://a.cn/%22%3Ca%3E%22%7C%7Bb%7D%5E%60%5Bc%5D"),
        ("https://a.cn//b///c/", "https://a.cn//b///c/"),
        ("https://a.cn/a?q=a+b c&r=%2b", "https://a.cn/a?q=a+b%20c&r=%2B"),
        ("https://a.cn?x=1", "https://a.cn/?x=1"),
        ("https://a.cn/a?", "https://a.cn/a?"),
        ("https://a.cn/a?x=a/../b", "https://a.cn/a?x=a/../b"),
        ("https://a.cn/a?b\\c", "https://a.cn/a?b%5Cc"),
        ("https://User:Pass@A.cn:8443/", "https://User:Pass@a.cn:8443/"),
        ("http://[2001:DB8:0:0::1]:80/", "http://[2001:db8::1]/"),
        ("ftp://A.cn:21/x", "ftp://a.cn/x"),
        ("https://a.cn/../../x", "https://a.cn/x"),
        ("https://a.cn/#/列表/1", "https://a.cn/#/%E5%88%97%E8%A1%A8/1"),
        ("https://a.cn/#!a", "https://a.cn/#!a"),
        ("//A.cn/x#y", "//a.cn/x"),
        ("/a/../通知?x#y", "/%E9%80%9A%E7%9F%A5?x"),
        ("https://a.cn/\ta\nb", "https://a.cn/ab"),
        ("首页 > 政务公开", "首页>政务公开"),
        ("/首页 > 政务公开", "/首页>政务公开"),
        ("  ZC-2026 / 001 ", "ZC-2026 / 001"),
        ("src/首页/index.md", "src/首页/index.md"),
        ("src/a%20b.py", "src/a%20b.py"),
        ("50%41", "50%41"),
        ("", ""),
    ],
)
def test_what_a_place_becomes(written: str, one: str) -> None:
    """D-1: by RFC 3986 and UTS 46; columns, message ids and files of a repository are no URLs. Once is enough."""
    assert STANDARD.one(written) == one == STANDARD.one(one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.cn/a/b", "https://a.cn/a%2Fb"),
        ("https://a.cn/a", "https://a.cn/A"),
        ("https://a.cn/a", "https://a.cn/a/"),
        ("https://a.cn/a", "https://a.cn/a?"),
        ("https://a.cn/?a=1&b=2", "https://a.cn/?b=2&a=1"),
        ("https://a.cn/?q=a+b", "https://a.cn/?q=a%20b"),
        ("https://a.cn/?q=a%26b", "https://a.cn/?q=a&b"),
        ("https://a.cn/%CF%CC", "https://a.cn/%E5%92%B8"),  # 咸 in GBK and in UTF-8
        ("https://a.cn/a//b", "https://a.cn/a/b"),
        ("https://a.cn:8443/", "https://a.cn/"),
        ("https://a.cn:80/", "https://a.cn/"),
        ("http://a.cn/", "https://a.cn/"),
        ("https://www.a.cn/", "https://a.cn/"),
        ("https://m.a.cn/", "https://a.cn/"),
        ("https://a@a.cn/", "https://b@a.cn/"),
        ("https://a.cn/?sid=7", "https://a.cn/?sid=8"),
        ("https://a.cn/?sessionid=13", "https://a.cn/?sessionid=14"),
        ("https://a.cn/;v=1", "https://a.cn/;v=2"),
        ("https://a.cn/x?cfid=1", "https://a.cn/x?cfid=2"),
        ("https://a.cn/#/a", "https://a.cn/#/b"),
        ("https://a.cn/１", "https://a.cn/1"),
        ("https://a.cn/?utm_source=a", "https://a.cn/"),
        ("src/首页", "src/%E9%A6%96%E9%A1%B5"),
    ],
)
def test_other_places_stay_others(one: str, other: str) -> None:
    """D-1, D-13: what may be another resource is never made the same."""
    assert STANDARD.one(one) != STANDARD.one(other)


@pytest.mark.parametrize(
    ("written", "one"),
    [
        ("/list.jsp;jsessionid=8DBFC2FE?id=7", "/list.jsp?id=7"),
        ("/list.jsp;JSESSIONID=8D!-12?id=7", "/list.jsp?id=7"),
        ("/a;v=1;jsessionid=x/b", "/a;v=1/b"),
        ("/x.php?PHPSESSID=abc&id=1", "/x.php?id=1"),
        ("/x.php?id=1&phpsessid=abc", "/x.php?id=1"),
        ("/x.asp?ASPSESSIONIDQQBTCSAB=KJHG", "/x.asp"),
        ("/x?id=1&sid=0123456789abcdef0123456789abcdef", "/x?id=1"),
        ("/x?JSESSIONID=1&a&&b=", "/x?a&&b="),
        ("/x.cfm?CFID=1&CFTOKEN=2&id=3", "/x.cfm?id=3"),
        ("/(S(4hqa0555fwsecu455xqckv45))/a.aspx", "/a.aspx"),
        ("/(A(4hqa0555fwsecu455xqckv45)S(4hqa0555fwsecu455xqckv45))/a.aspx", "/a.aspx"),
        ("/a(b)/(c)/d", "/a(b)/(c)/d"),
    ],
)
def test_session_ids(written: str, one: str) -> None:
    """D-13: a crawler without cookies gets another one with every run; what only looks like one stays."""
    for site in ("https://a.cn", ""):
        assert STANDARD.one(site + written) == site + one == STANDARD.one(site + one)


def test_what_the_default_pack_says_of_places() -> None:
    """D-13: campaign parameters everywhere, what WeChat adds to an article there alone; hosts, schemes stay apart."""
    one = places_of(load_policy()).one
    assert one("https://a.cn/x?utm_source=wx&id=1&UTM_medium=b") == "https://a.cn/x?id=1"
    article = "https://mp.weixin.qq.com/s?__biz=Mz&mid=22&idx=1&sn=ab"
    assert one(article + "&chksm=97&scene=27#wechat_redirect") == article
    assert one("https://mp.weixin.qq.com/s/AbC?scene=1&sharer_sharetime=2") == "https://mp.weixin.qq.com/s/AbC"
    assert one("https://a.cn/x?scene=27") == "https://a.cn/x?scene=27"
    assert one("http://www.a.cn/") == "http://www.a.cn/"


def test_a_pack_of_ones_own() -> None:
    """D-13: each option, alone and together; a host keeps two labels at least."""
    www = PlaceNormalizer(Places(host_prefixes=HostPrefixes(prefixes=("www.", "m."))))
    assert www.one("https://www.kjj.example/a") == www.one("https://m.kjj.example/a") == "https://kjj.example/a"
    assert www.one("https://www.m.kjj.example/") == "https://kjj.example/"
    assert www.one("https://www.cn/") == "https://www.cn/"
    assert www.one("//www.kjj.example/a") == "//kjj.example/a"
    assert www.one("http://www.kjj.example/") != www.one("https://www.kjj.example/")
    both = PlaceNormalizer(Places(host_prefixes=HostPrefixes(prefixes=("www.",)), one_scheme=OneScheme(on=True)))
    assert both.one("http://www.kjj.example:80/a") == both.one("https://kjj.example:443/a") == "https://kjj.example/a"
    assert both.one("http://kjj.example:8080/") == "https://kjj.example:8080/"
    some = IgnoredParameters(names=("from", "spm"), hosts=("kjj.example",))
    here = PlaceNormalizer(Places(ignored_parameters=(some,)))
    assert here.one("https://KJJ.example:8443/a?from=wx&id=1&spm") == "https://kjj.example:8443/a?id=1"
    assert here.one("https://zwgk.example/a?from=wx") == "https://zwgk.example/a?from=wx"


@pytest.mark.parametrize(
    ("written", "one"),
    [
        ("target:HTTPS://FJ.example:443/x#top", "target:https://fj.example/x"),
        ("template:/模板/../head.jsp", "template:/head.jsp"),
        ("HTTPS://FJ.example/", "https://fj.example/"),
        ("footer-template", "footer-template"),
        ("模板：页眉 ", "模板：页眉"),
        ("run:r1", "run:r1"),
    ],
)
def test_a_cause_in_one_spelling(written: str, one: str) -> None:
    """G-2: `target:<url>` and `template:<path>` as places are, whoever names them."""
    assert STANDARD.cause(written) == one == STANDARD.cause(one)


@pytest.mark.parametrize("sign", [" ", "> ", "%", "/..", "a=1&", ";", "/(S(", "通", ".", "://"])
def test_no_text_takes_long(sign: str) -> None:
    """Evidence may be 64 KiB long: a text of one sign over and over is compared within a moment."""
    for beginning in ("", "https://a.cn/", "https://a.cn/?", "https://"):
        text = beginning + sign * (8_192 // len(sign) - len(beginning))
        began = process_time()
        assert STANDARD.one(STANDARD.one(text)) == STANDARD.one(text)
        assert STANDARD.one(text * 8) == text * 8 or len(text * 8) <= 8_192
        assert process_time() - began < 1
