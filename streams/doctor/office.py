"""Who signs the letters, and whether units can act from them."""

from __future__ import annotations

from collections.abc import Iterator

from streams.doctor.line import CheckLine, ok, warning
from streams.services.link_keys import link_keys
from streams.settings.model import Settings


def office_lines(settings: Settings) -> Iterator[CheckLine]:
    """The letterhead of the settings, and the links that letters carry."""
    office = settings.office
    head = office.letterhead
    missing = [
        f"RECTIFY_OFFICE_{name}"
        for name, value in (("NAME", head.name), ("PHONE", head.phone), ("SMS_SIGN", head.sms_sign))
        if not value
    ]
    if missing:
        text = f"通知没有落款或电话 · letters are not signed, or name no telephone: {'、'.join(missing)}"
        yield warning("office", text, "设置它们；主管单位也可在名录中有自己的落款 · set them; units may have their own")
    else:
        yield ok("office", f"落款 · letters are signed by: {head.whom_to_call}，短信 · short messages {head.sign}")
    if not settings.pages_url:
        text = "通知不带办理链接 · letters carry no link: RECTIFY_PAGES_URL is not set; they say whom to call"
        yield warning("links", text, "设置单位能访问的地址 · set the address at which units reach the pages")
    elif not link_keys(settings):
        text = "没有链接密钥，通知不带办理链接 · no RECTIFY_LINK_KEY: letters carry no link"
        yield warning("links", text, "`openssl rand -hex 24` 生成，各进程相同 · make one, the same for every process")
    else:
        exchanged = "，旧密钥仍有效 · the old key is read too" if len(link_keys(settings)) > 1 else ""
        yield ok("links", f"通知带办理链接 · letters carry links to {settings.pages_url}{exchanged}")
