"""Lists on the terminal, as narrow as it is."""

import pytest

from streams.cli.terminal.output import print_table, table


@pytest.mark.parametrize(("width", "left_out"), [(120, ()), (72, ("备注",)), (60, ("备注", "名称"))])
def test_a_fixed_column_is_whole_at_every_width(
    width: int, left_out: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What never wraps keeps every character, also where columns before it were left out."""
    monkeypatch.setenv("COLUMNS", str(width))
    columns = {
        "备注": "没有" * 12,
        "名称": "科技局网站" * 2,
        "=编号": "ZG260302-4B7F5439C95A",
        "=时间": "2026-03-12 09:00",
        "=状态": "待签收",
    }
    made = table(*columns, leave_out=("备注", "名称"))
    assert print_table(made, [columns.values()]) == 1
    shown = capsys.readouterr().out
    for name, text in columns.items():
        if name.startswith("="):
            assert text in shown.splitlines()[1]
        else:
            assert (text[:2] in shown.splitlines()[1]) is (name not in left_out)
