"""An official document 公文 on paper, after GB/T 9704-2012: page, grid, fonts, page numbers, tables (python-docx).

Fonts are named and never shipped; where one is not installed, Word and WPS take another that has Chinese characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from docx import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt

TITLE, HEAD, SUBHEAD, BODY, NUMBER = "方正小标宋简体", "黑体", "楷体_GB2312", "仿宋_GB2312", "宋体"
SIZES: Final = {"2号": 22.0, "3号": 16.0, "4号": 14.0, "小4号": 12.0}  # points
_LATIN: Final = "Times New Roman"
_LINE: Final = Pt(28.95)  # 22 lines on 225 mm
_CELL_LINE: Final = Pt(18)
_FORM: Final = (38, 118)  # millimetres
_FORM_LINE: Final = Pt(22)
_ROOM: Final = Mm(22)
_OF_TEXT: Final = 25  # millimetres; narrower columns hold numbers and short words, in the middle
_GRID: Final = {"type": "lines", "linePitch": "579"}
_CLOSER: Final = "-5"  # twentieths of a point: 28 characters on 156 mm. A grid of characters gives as many in Word, but
# LibreOffice then puts every character that is wider than a cell into two.


class Paper:
    """A document while it is written."""

    def __init__(self) -> None:
        self.document: Any = Document()
        self._fonts()
        self._page()

    def title(self, text: str) -> None:
        """标题, 2号."""
        self._paragraph(text, TITLE, "2号", align=WD_ALIGN_PARAGRAPH.CENTER)

    def centred(self, text: str) -> None:
        """A line in the middle, such as 文号."""
        self._paragraph(text, BODY, "3号", align=WD_ALIGN_PARAGRAPH.CENTER)

    def line(self, text: str = "", *, kept: bool = False) -> None:
        """A line at the left edge: 主送机关; `kept`: on one page with what follows."""
        self._paragraph(text, BODY, "3号").paragraph_format.keep_with_next = kept or None

    def head(self, text: str) -> None:
        """A head of the first order: 一、二、三; on one page with what follows."""
        self._paragraph(text, HEAD, "3号", indent=2).paragraph_format.keep_with_next = True

    def subhead(self, text: str) -> None:
        """A head of the second order: （一）（二）; on one page with what follows."""
        self._paragraph(text, SUBHEAD, "3号", indent=2).paragraph_format.keep_with_next = True

    def body(self, text: str, *, indent: int = 2, kept: bool = False) -> None:
        """正文, 3号, so many characters in; `kept`: on one page with what follows."""
        self._paragraph(text, BODY, "3号", indent=indent).paragraph_format.keep_with_next = kept or None

    def signed(self, text: str, *, kept: bool = False) -> None:
        """落款 and 成文日期, four characters from the right edge; `kept`: on one page with what follows."""
        paragraph = self._paragraph(text, BODY, "3号", align=WD_ALIGN_PARAGRAPH.RIGHT)
        paragraph.paragraph_format.right_indent = Pt(4 * SIZES["3号"])
        paragraph.paragraph_format.keep_with_next = kept or None

    def tag(self, text: str) -> None:
        """A paragraph that holds nothing but a tag of the template; it leaves none behind."""
        self._paragraph(text, BODY, "3号")

    def annex(self, number: int, title: str) -> None:
        """附件, on a page of its own."""
        paragraph = self._paragraph(f"附件{number}", HEAD, "3号")
        paragraph.paragraph_format.page_break_before = True
        self._paragraph(title, TITLE, "2号", align=WD_ALIGN_PARAGRAPH.CENTER)

    def table(self, heads: Sequence[str], cells: Sequence[str], over: str, widths: Sequence[int]) -> None:
        """A table with a row for each item of a list: `over` is the tag `row in ...`; widths in millimetres."""
        table = self.document.add_table(rows=4, cols=len(heads))
        table.style = "Table Grid"
        table.autofit = False
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Mm(width)
        rows = (heads, [f"{{%tr for {over} %}}"], cells, ["{%tr endfor %}"])
        for row, texts in zip(table.rows, rows, strict=True):
            for cell, width in zip(row.cells, widths, strict=True):
                cell.width = Mm(width)
            for cell, text, width in zip(row.cells, texts, widths, strict=False):
                paragraph = cell.paragraphs[0]
                _spaced(paragraph, _CELL_LINE)
                paragraph._p.pPr.spacing.addprevious(_off("w:snapToGrid"))  # noqa: SLF001 - the library has no name for it
                if texts is heads or width < _OF_TEXT:
                    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
                cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
                _put(paragraph, text, HEAD if texts is heads else BODY, SIZES["小4号"])
            _of_row(row, "cantSplit")
        _of_row(table.rows[0], "tblHeader")

    def form(self, rows: Sequence[tuple[str, Sequence[str]]]) -> None:
        """A form of two columns: what is asked, and the lines of the answer, or room to write it."""
        table = self.document.add_table(rows=0, cols=2)
        table.style = "Table Grid"
        table.autofit = False
        for column, width in zip(table.columns, _FORM, strict=True):
            column.width = Mm(width)
        for label, lines in rows:
            row = table.add_row()
            if not lines:
                row.height = _ROOM
            for cell, width, texts in zip(row.cells, _FORM, ([label], lines), strict=True):
                cell.width = Mm(width)
                cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
                for number, text in enumerate(texts):
                    paragraph = cell.add_paragraph() if number else cell.paragraphs[0]
                    _spaced(paragraph, _FORM_LINE)
                    _put(paragraph, text, HEAD if texts[0] is label else BODY, SIZES["4号"])

    def _paragraph(self, text: str, font: str, size: str, *, align: Any = None, indent: int = 0) -> Any:
        paragraph = self.document.add_paragraph()
        paragraph.alignment = align
        _spaced(paragraph, _LINE)
        if indent:
            paragraph.paragraph_format.first_line_indent = Pt(indent * SIZES[size])
            paragraph._p.pPr.ind.set(qn("w:firstLineChars"), str(100 * indent))  # noqa: SLF001 - the library has no name for it
        _put(paragraph, text, font, SIZES[size])
        return paragraph

    def _fonts(self) -> None:
        """What the library's own template has is Japanese."""
        normal = self.document.styles["Normal"]
        normal.font.name, normal.font.size = _LATIN, Pt(SIZES["3号"])
        fonts = normal.element.get_or_add_rPr().get_or_add_rFonts()
        fonts.set(qn("w:eastAsia"), BODY)
        closer = OxmlElement("w:spacing")
        closer.set(qn("w:val"), _CLOSER)
        normal.element.rPr.find(qn("w:sz")).addprevious(closer)
        for root in (self.document.styles.element, self.document.settings.element):
            for found in (*root.iter(qn("w:lang")), *root.iter(qn("w:themeFontLang"))):
                found.set(qn("w:eastAsia"), "zh-CN")

    def _page(self) -> None:
        (section,) = self.document.sections
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        section.footer_distance = Mm(25)
        grid = section._sectPr.find(qn("w:docGrid"))  # noqa: SLF001 - the library has no name for it
        for name, value in _GRID.items():
            grid.set(qn(f"w:{name}"), value)
        self.document.settings.odd_and_even_pages_header_footer = True
        _page_number(section.footer.paragraphs[0], WD_ALIGN_PARAGRAPH.RIGHT)
        _page_number(section.even_page_footer.paragraphs[0], WD_ALIGN_PARAGRAPH.LEFT)


def _page_number(paragraph: Any, align: Any) -> None:
    """— 1 —, 4号, on the outer side, a character in."""
    paragraph.alignment = align
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Pt(SIZES["4号"])
    _put(paragraph, "— ", NUMBER, SIZES["4号"])
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    field.append(_put(paragraph, "1", NUMBER, SIZES["4号"])._r)  # noqa: SLF001
    paragraph._p.append(field)  # noqa: SLF001
    _put(paragraph, " —", NUMBER, SIZES["4号"])


def _spaced(paragraph: Any, line: Length) -> None:
    paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    paragraph.paragraph_format.line_spacing = line
    paragraph.paragraph_format.space_after = Pt(0)


def _put(paragraph: Any, text: str, font: str, size: float) -> Any:
    """A run in one font; Chinese characters and quotation marks take it only if it is named for them, too."""
    run = paragraph.add_run(text)
    run.font.name, run.font.size = _LATIN, Pt(size)
    fonts = run._r.get_or_add_rPr().get_or_add_rFonts()  # noqa: SLF001
    fonts.set(qn("w:eastAsia"), font)
    fonts.set(qn("w:hint"), "eastAsia")
    return run


def _off(name: str) -> Any:
    element = OxmlElement(name)
    element.set(qn("w:val"), "0")
    return element


def _of_row(row: Any, name: str) -> None:
    """A row that no page cuts, or that every page repeats."""
    row._tr.get_or_add_trPr().append(OxmlElement(f"w:{name}"))  # noqa: SLF001
