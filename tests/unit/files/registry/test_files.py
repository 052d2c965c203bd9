"""Registry files: YAML and CSV, and what is said when something is wrong with them."""

import csv
from pathlib import Path

import pytest

from streams.files.registry.files import SHOWN, read_registry
from tests.support.registry import imported, refused, write

YAML = """\
units:
  - unit_id: szf-b
    name: 市政府办公室
  - unit_id: szkjj
    name: 市科技局
    supervisor_id: szf-b
    contacts:
      - {name: 王芳, email: wangfang@xianning.gov.cn, phone: 13800000001}
      - {name: 李强, phone: +86 139-0000-0002, role: head, channels: [sms]}
assets:
  - {asset_id: kjj-site, name: 市科技局网站, kind: website, unit_id: szkjj, class: service, icp: 鄂ICP备05000001号}
guarded:
  - {id: lianghui-2026, name: 全国两会, from: 2026-03-01, to: 2026-03-12}
"""


class TestYaml:
    """A file with lists."""

    def test_records_with_their_keys(self, tmp_path: Path) -> None:
        """Every record comes with its topic key; phone numbers come in one form (N-48), ids as text."""
        records = imported(write(tmp_path / "r.yaml", YAML))
        assert list(records) == ["unit:szf-b", "unit:szkjj", "asset:kjj-site", "guarded:lianghui-2026"]
        assert records["unit:szkjj"] == {
            "unit_id": "szkjj",
            "name": "市科技局",
            "supervisor_id": "szf-b",
            "contacts": [
                {"name": "王芳", "email": "wangfang@xianning.gov.cn", "phone": "13800000001"},
                {"name": "李强", "phone": "13900000002", "role": "head", "channels": ["sms"]},
            ],
        }
        assert records["asset:kjj-site"]["icp"] == "鄂ICP备05000001号"
        assert records["asset:kjj-site"]["class"] == "service"
        assert records["guarded:lianghui-2026"]["from"] == "2026-03-01"

    def test_everything_wrong_is_said_at_once(self, tmp_path: Path) -> None:
        """Each fault names file, line, field and what was expected."""
        text = YAML.replace("wangfang@", "wang fang@").replace("kind: website", "kind: site")
        text = text.replace("name: 市政府办公室", "title: 市政府办公室").replace("to: 2026-03-12", "to: 2026-02-01")
        assert refused(write(tmp_path / "r.yaml", text)) == [
            "r.yaml: line 2: name: Field required",
            "r.yaml: line 8: contacts.0.email: 'wang fang@xianning.gov.cn' is not an e-mail address",
            "r.yaml: line 11: kind: Input should be 'website' or 'account'",
            "r.yaml: line 13: `from` must not be later than `to`",
        ]

    def test_producers(self, tmp_path: Path) -> None:
        """Under the name that their messages carry (R-35)."""
        text = "producers:\n  - {source: crawler, name: 采集平台, unit_id: dsj, checks: [link.*]}\n"
        ((key, record),) = imported(write(tmp_path / "r.yaml", text)).items()
        assert key == "producer:crawler"
        assert record == {"source": "crawler", "name": "采集平台", "unit_id": "dsj", "checks": ["link.*"]}

    def test_a_key_that_stands_twice(self, tmp_path: Path) -> None:
        """The second record of an id would silently win."""
        text = YAML + "  - {id: lianghui-2026, name: 两会, from: 2026-03-01, to: 2026-03-02}\n"
        (said,) = refused(write(tmp_path / "r.yaml", text))
        assert said == "r.yaml: line 14: id: guarded:lianghui-2026 stands here for the second time, first at line 13"

    def test_an_alias_bomb(self, tmp_path: Path) -> None:
        """Aliases that multiply are refused before they are unfolded."""
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
        (said,) = refused(write(tmp_path / "r.yaml", "\n".join(lines)))
        assert "more than 100000 values" in said

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("units: [", "r.yaml: line 1: did not find expected node content"),
            ("- a", "r.yaml: line 1: expected lists units, assets, guarded"),
            ("sites: []", "r.yaml: line 1: sites: expected one of units, assets, guarded, producers"),
            ("units: 5", "r.yaml: line 1: units: expected a list"),
            ("units: [5]", "r.yaml: line 1: units: expected a record with fields"),
            ("units: []", "r.yaml: no unit, asset, guarded period or producer stands in it"),
            ("units: !!python/object:os.system {}", "r.yaml: line 1: could not determine a constructor"),
            ('units: [{unit_id: a, name: "b\\0"}]', "r.yaml: line 1: name: must not contain line breaks"),
        ],
    )
    def test_what_is_no_registry(self, tmp_path: Path, text: str, said: str) -> None:
        """Anything else is refused in words."""
        (only,) = refused(write(tmp_path / "r.yaml", text))
        assert only.startswith(said)


class TestCsv:
    """A table with --kind."""

    HEADER = "资产编号,名称,类型,主办单位编号\n"

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    def test_encodings(self, tmp_path: Path, encoding: str) -> None:
        """As Excel saves it, in either of its two ways."""
        path = write(tmp_path / "a.csv", f"{self.HEADER}a1,市科技局网站,网站,u1\n", encoding)
        assert imported(path, "asset") == {
            "asset:a1": {"asset_id": "a1", "name": "市科技局网站", "kind": "website", "unit_id": "u1"}
        }

    @pytest.mark.parametrize("delimiter", [";", "\t"])
    def test_delimiters(self, tmp_path: Path, delimiter: str) -> None:
        """Semicolons and tabs are found out."""
        path = write(tmp_path / "u.csv", f"unit_id{delimiter}name\nu1{delimiter}一\n")
        assert imported(path, "unit") == {"unit:u1": {"unit_id": "u1", "name": "一"}}

    @pytest.mark.parametrize("mark", ["sep=;", '"sep=;"', "SEP=|"])
    def test_a_separator_that_the_file_names(self, tmp_path: Path, mark: str) -> None:
        """Excel's own first line."""
        sign = mark.strip('"')[-1]
        path = write(tmp_path / "u.csv", f"{mark}\nunit_id{sign}name\nu1{sign}一\n")
        assert imported(path, "unit") == {"unit:u1": {"unit_id": "u1", "name": "一"}}

    def test_a_quote_that_is_never_closed_hides_no_other_fault(self, tmp_path: Path) -> None:
        """It is named by the line on which it begins, and the lines behind it are read."""
        text = self.HEADER + 'a1,"一,网站,u1\na2,二,站,u1\na3,三,网站,u1\n'
        quote, kind = refused(write(tmp_path / "a.csv", text), "asset")
        assert quote.startswith("a.csv: line 2: 引号未闭合")
        assert kind == "a.csv: line 3: 类型: Input should be 'website' or 'account'"

    def test_faults_name_line_and_column(self, tmp_path: Path) -> None:
        """The line is that of the file, also after a cell with a line break."""
        text = self.HEADER + 'a1,"x\ny",网站,u1\na2,二,站,u1\na3,三,网站,u1,more\n\na2,二,网站,u1\na2,二,网站,u1\n'
        assert refused(write(tmp_path / "a.csv", text), "asset") == [
            "a.csv: line 3: 名称: must not contain line breaks or other control characters",
            "a.csv: line 4: 类型: Input should be 'website' or 'account'",
            "a.csv: line 5: 5 cells, but the header has 4 columns",
            "a.csv: line 8: 资产编号: asset:a2 stands here for the second time, first at line 7",
        ]

    def test_a_doubled_column(self, tmp_path: Path) -> None:
        """Two headers of one meaning would hide each other."""
        (said,) = refused(write(tmp_path / "a.csv", "asset_id,资产编号,name,kind\na,b,c,website\n"), "asset")
        assert said == "a.csv: line 1: 资产编号: this column stands here twice"

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("a,b\n".encode("utf-16"), "neither UTF-8 nor GB 18030 text"),
            (b"\xff\xff\xff", "neither UTF-8 nor GB 18030 text"),
            (b'unit_id,name\nu1,"open', "not CSV"),
            (b"unit_id,name\nu1," + b"x" * 200_000, "not CSV (field larger than field limit"),
            (b"", "no unit, asset, guarded period or producer stands in it"),
        ],
    )
    def test_what_is_no_table(self, tmp_path: Path, content: bytes, said: str) -> None:
        """Anything else is refused in words."""
        path = tmp_path / "u.csv"
        path.write_bytes(content)
        assert said in refused(path, "unit")[0]

    def test_a_large_table_is_streamed(self, tmp_path: Path) -> None:
        """Records come one by one, and one that stands twice among them is found."""
        path = tmp_path / "a.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["asset_id", "name", "kind"])
            writer.writerows([f"a{n}", f"站点{n}", "website"] for n in range(20_000))
        records = read_registry(path, "asset")
        assert next(iter(records))[0] == "asset:a0"
        assert [key for key, _ in records] == [f"asset:a{n}" for n in range(20_000)]
        with path.open("a", encoding="utf-8", newline="") as file:
            file.write("a7,站点7,website\r\n")
        (said,) = refused(path, "asset")
        assert said == "a.csv: line 20002: asset_id: asset:a7 stands here for the second time, first at line 9"

    def test_no_more_faults_than_a_person_reads(self, tmp_path: Path) -> None:
        """A table of the wrong kind does not fill the screen for an hour."""
        path = write(tmp_path / "a.csv", "asset_id\n" + "".join(f"a{n}\n" for n in range(5_000)))
        assert len(refused(path, "asset")) == SHOWN


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("r.csv", None, "r.csv: --kind: a CSV file holds either assets or units: say --kind asset or --kind unit"),
        ("r.csv", "unti", "r.csv: --kind: expected asset or unit, not unti"),
        ("r.xls", None, "r.xls: expected a .yaml, .xlsx or .csv file, not .xls"),
        ("missing.yaml", None, "missing.yaml: cannot be read (No such file or directory)"),
    ],
)
def test_wrong_use(tmp_path: Path, name: str, kind: str | None, said: str) -> None:
    """What the caller got wrong is said like the rest."""
    write(tmp_path / "r.csv", "unit_id,name\n")
    write(tmp_path / "r.xls", "")
    assert refused(tmp_path / name, kind) == [said]
