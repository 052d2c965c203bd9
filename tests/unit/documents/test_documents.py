"""A bulletin's figures as documents: placed as printed, escaped, on GB/T 9704 paper, the same bytes each time."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn
from openpyxl import load_workbook

from streams.documents.context import risen_or_fallen
from streams.documents.page import html_page
from streams.documents.paper import Paper
from streams.documents.slip import slip_document
from streams.documents.standard import standard_template
from streams.documents.word import word_document
from streams.documents.workbook import workbook
from streams.presentation.slip import SlipRow
from streams.services.failure import Failure
from tests.support.notice_figures import Notice

TYPED = {"title": "关于2023年第一季度检查情况的通报", "office": "市政府办<0>&公室", "date": "2023-04-03"}


def made(**typed: Any) -> dict[str, Any]:
    """40 sites of two areas, one of them vetoed; one account; a unit with an odd name."""
    notice = Notice(order={"region": ["市直", "咸安区"]}, decimals={"rate": 1})
    notice.assets(1, region="咸安区", bad=1, unit_id="=单位<0>&", code="4212000001")
    notice.assets(39, region="市直")
    notice.assets(1, "account", region="市直", platform="wechat", checks=["account.quality"])
    last = {"number": "咸政办函〔2022〕9号", **notice.figures()}
    return notice.figures(last=last, **{**TYPED, **typed})


FIGURES = made()


def texts(document: bytes) -> str:
    """Every text of a Word document, its tables too."""
    read = Document(io.BytesIO(document))
    return "".join(node.text or "" for node in read.element.body.iter(qn("w:t")))


def own(folder: Path, text: str) -> Path:
    """An office's template of one line."""
    paper = Paper()
    paper.body(text)
    paper.document.save(folder / "own.docx")
    return folder / "own.docx"


def test_the_figures_are_placed() -> None:
    """Sentences, tables in the office's order, the named list, the last period, and what people have typed."""
    text = texts(word_document(made(requirements="请认真整改。", held_to_account="约谈1家单位。")))
    for wanted in (
        "关于2023年第一季度检查情况的通报", "检查40个，检查比例100%；存在问题的1个，不合格1个，合格率97.5%",
        "合格率与上期相比持平。",
        "政务新媒体1个。检查1个", "首页不更新。涉及1个、1处：“第1号”。", "咸政办函〔2022〕9号通报的不合格网站和账号1个",
        "请认真整改。", "约谈1家单位。", "4212000001", "=单位<0>&", "市政府办<0>&公室", "2023年4月3日",
    ):  # fmt: skip
        assert wanted in text, wanted
    annex = text[text.index("检查情况统计表地区") :]
    assert annex.index("市直") < annex.index("咸安区")
    assert "{" not in text


@pytest.mark.parametrize(
    ("points", "words"), [("+8.34", "提高8.34个百分点"), ("-1.12", "下降1.12个百分点"), ("0.00", "持平")]
)
def test_a_change_in_words(points: str, words: str) -> None:
    """As offices write it."""
    assert risen_or_fallen(points) == words


def test_nothing_checked_is_a_document_too() -> None:
    """No share is made of nothing, no list has rows, nobody has typed anything."""
    text = texts(word_document(Notice().figures()))
    assert "检查0个；存在问题的0个，不合格0个。" in text
    assert "本次检查未发现问题。" in text
    assert "None" not in text


def test_the_paper() -> None:
    """GB/T 9704: grid, margins, numbers on the outer side, Chinese fonts named, heads that repeat, annexes apart."""
    read = Document(io.BytesIO(word_document(FIGURES)))
    (section,) = read.sections
    grid = section._sectPr.find(qn("w:docGrid"))
    assert (grid.get(qn("w:type")), grid.get(qn("w:linePitch"))) == ("lines", "579")
    margins = (section.top_margin, section.right_margin, section.bottom_margin, section.left_margin)
    assert [round(one.mm) for one in margins if one is not None] == [37, 26, 35, 28]
    assert read.settings.odd_and_even_pages_header_footer
    footers = [footer.paragraphs[0] for footer in (section.footer, section.even_page_footer)]
    assert [(one.text, one.alignment) for one in footers] == [("—  —", 2), ("—  —", 0)]
    assert all("PAGE" in one._p.xml for one in footers)
    runs = [run for run in read.element.body.iter(qn("w:r")) if re.search("[一-鿿]", "".join(run.itertext()))]
    assert all(run.rPr.rFonts.get(qn("w:eastAsia")) for run in runs)
    assert {run.rPr.rFonts.get(qn("w:eastAsia")) for run in runs} == {
        "方正小标宋简体",
        "黑体",
        "楷体_GB2312",
        "仿宋_GB2312",
    }
    assert len(list(read.element.body.iter(qn("w:tblHeader")))) == 3
    assert [p.text for p in read.paragraphs if p.paragraph_format.page_break_before] == ["附件1", "附件2", "附件3"]
    heads = [one for one in read.paragraphs if re.match("[一二三四五]、|（[一二三四五]）", one.text)]
    assert len(heads) > 5
    assert all(one.paragraph_format.keep_with_next for one in heads), "no head is the last line of a page"
    assert "ja-JP" not in read.styles.element.xml + read.settings.element.xml


def test_the_same_bytes() -> None:
    """Nothing says when it was made."""
    assert word_document(FIGURES) == word_document(FIGURES)
    assert workbook(FIGURES) == workbook(FIGURES)
    assert standard_template() == standard_template()


def test_an_edited_template(tmp_path: Path) -> None:
    """The office's own, with a field that only it has."""
    text = "{{ websites.checked }}个，信件{{ typed.letters }}封，{% for row in by.area %}{{ row.label }}；{% endfor %}"
    document = word_document(made(letters=32), own(tmp_path, text))
    assert texts(document) == "40个，信件32封，市直；咸安区；市直；"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ typed.letters }}", "letters"),
        ("{{ ''.__class__.__mro__ }}", "__class__"),
        ("{{ totals[0].rate", "模板有误"),
        ("{%p if typed.title %}", "模板有误"),
        ("{{ typed.office|day }}", "日期形如"),
    ],
)
def test_a_template_that_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    """What nobody has is named, what leaves the sandbox is refused, and so is what is no template."""
    with pytest.raises(Failure, match=said):
        word_document(FIGURES, own(tmp_path, text))


def test_no_word_document(tmp_path: Path) -> None:
    """A sentence, not a traceback."""
    (tmp_path / "own.docx").write_text("text")
    with pytest.raises(Failure, match="不是 Word 文档"):
        word_document(FIGURES, tmp_path / "own.docx")
    with pytest.raises(Failure, match="不能读取"):
        word_document(FIGURES, tmp_path / "none.docx")


def test_what_is_in_no_register_is_said() -> None:
    """Otherwise who divides the numbers that are printed gets another ratio."""
    notice = Notice()
    notice.assets(3, "account")
    notice.assets(1, "account", registered=False)
    assert "检查4个，检查比例100%（其中未在册的1个，不计入比例）；" in texts(word_document(notice.figures()))


def test_odd_characters() -> None:
    """What no document can hold is left out, and what a template would take for a tag stays a text."""
    odd = "a\x01b\ufffe{{ 7 * 7 }}]]>\n第二行"
    notice = Notice()
    notice.assets(1, bad=1, unit_id=odd)
    assert "ab{{ 7 * 7 }}]]>" in texts(word_document(notice.figures(title=odd)))
    book = load_workbook(io.BytesIO(workbook(notice.figures())))
    assert book["不合格名单"]["D2"].value.startswith("ab{{ 7 * 7 }}]]>")
    document = slip_document("整改通知单", [SlipRow("问题", (odd, "二")), SlipRow("签收")])
    assert texts(document).startswith("整改通知单问题ab{{ 7 * 7 }}]]>")
    assert document == slip_document("整改通知单", [SlipRow("问题", (odd, "二")), SlipRow("签收")])


def test_the_workbook() -> None:
    """Sheets with native charts; what looks like a formula stays a text; shares are as printed."""
    content = workbook(FIGURES)
    book = load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["总体情况", "分地区", "分平台", "分单位", "问题分类", "不合格名单", "问题明细"]
    assert [cell.value for cell in book["总体情况"][2]] == ["政府网站", 40, 40, "100%", 1, 1, "97.5%"]
    assert [row[0].value for row in book["分地区"].iter_rows(min_row=2)] == ["市直", "咸安区", "市直"]
    unit = book["不合格名单"]["D2"]
    assert (unit.value, unit.data_type) == ("=单位<0>&", "s")
    charts = [name for name in zipfile.ZipFile(io.BytesIO(content)).namelist() if name.startswith("xl/charts/chart")]
    assert len(charts) == 6, "both kinds by area and by unit, accounts by platform, and the problems"


def test_the_page() -> None:
    """The same figures as HTML, escaped, without scripts."""
    page = html_page(FIGURES).decode()
    assert "97.5%" in page
    assert "=单位&lt;0&gt;&amp;" in page
    assert "<script" not in page
