"""The invented office of samples: who supervises, whose site it is, who reads the letters, and when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from streams.presentation.letters.letter import Reader
from streams.presentation.letters.office import Office, Signatory

ZONE: Final = ZoneInfo("Asia/Shanghai")
AT: Final = datetime(2023, 3, 3, 9, 0, tzinfo=ZONE)
OFFICE: Final = Office(
    Signatory("某市人民政府办公室政务公开办", "赵敏", "0700-8880001", "某市政务公开"),
    url="https://zwgk.city.example",
    internal_url="http://zwgk.city.internal.example",
    keys=("sample-key-that-signs-nothing-real",),
)
NOTICE: Final = "5a0c1e7792d34b86af01c2d3e4f50617"
ASSET: Final = {"asset_id": "kjj", "name": "某市科学技术局网站", "kind": "website"}
ACCOUNT: Final = {"asset_id": "kjj-wx", "name": "某市科技", "kind": "account", "platform": "wechat"}
UNIT: Final = {"unit_id": "kjj", "name": "某市科学技术局"}
PEOPLE: Final[Mapping[Reader, tuple[str, str, str, str]]] = {
    "duty": ("王五", "wang@kjj.example", "duty", "某市科学技术局"),
    "head": ("郑方", "zheng@kjj.example", "head", "某市科学技术局"),
    "supervisor": ("值班员", "duty@zfb.example", "duty", "某市人民政府办公室"),
    "producer": ("孙平", "sun@patrol.example", "duty", "市级采集平台"),
}
