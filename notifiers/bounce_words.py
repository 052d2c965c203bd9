"""A bounce in free words: what a mail server writes for people, without the mail that it quotes (rule N-32). Pure.

A number counts only with what makes it a status: a reply code of SMTP before words, and an enhanced status (RFC 3463)
behind such a reply, behind `#` or `Status:`, in brackets, or before an address. Versions, ids and dates are none.
"""

import re
from typing import Final, Literal, NamedTuple

_LOOKED_AT: Final = 10_000  # characters

_MAIL: Final = r"(?:message|e-?mail|mail|text|letter)"
_PART: Final = r"(?:headers?|text|body|contents?|lines?|part)"
_FOLLOWS: Final = (
    rf"(?: {_PART})?(?: as received)?"
    r"(?: (?:follows|below|begins?|is (?:below|attached|included|as follows)|was as follows))?"
)
_QUOTED: Final = re.compile(
    # What announces it, alone on its line but for rules and colons ...
    r"^[ \t>|*=_~.#+-]*(?:"
    r"(?:here|below|the following|this|attached|included)?\W?(?:this line)?\W?(?:is|are|follows)? ?(?:a |the )?"
    rf"(?:copy|{_PART}|first \d* ?lines?) (?:of|from) (?:the|your|all)\b.*{_MAIL}.*"
    rf"|below this line\b.*"
    rf"|(?:the |your )?(?:original|returned|undelivered|bounced|failed|unsent|rejected|forwarded) {_MAIL}{_FOLLOWS}"
    rf"|(?:the |your )?{_MAIL} {_PART}{_FOLLOWS}|begin forwarded {_MAIL}|(?:unsent )?{_MAIL} to .* follows"
    r"|原(?:始|来的)?邮件.{0,8}|以下(?:是|为)(?:您的|原)?邮件.{0,8}"
    r")[ \t:.*=_~#+<>-]*$"
    # ... or between rules ...
    rf"|^[ \t>|]*[-=*_~]{{2,}}[ \t]*(?:the |your )?{_MAIL}{_FOLLOWS}[ \t:.]*[-=*_~]*$"
    # ... or the mail's own header, or a person's quotation marks.
    r"|^[ \t]*>[ \t]"
    r"|^[ \t>|]*(?:return-path|received|x-(?!failed)[\w-]+|mime-version|dkim-signature|delivered-to)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_NAMED: Final = re.compile(r"(?:\b|_)code\W{1,3}(?=[245])", re.IGNORECASE)  # `error code: 550`, `ERROR_CODE :5.1.1`
_ADDRESS: Final = re.compile(r"<[^<>\s]*>|[^\s@<>]{1,64}@[^\s<>]{1,255}")

_STATUS: Final = r"([245]\.\d{1,3}\.\d{1,3})(?![\d.])"
_CODE: Final = r"(?<![\w.:/@+-])(4[2-57]\d|5[0-57]\d)"
_REPLY: Final = re.compile(rf"{_CODE}(?:[ -]#?{_STATUS}|(?=[ -]\S|[:\])]|\s*$))", re.MULTILINE)
_ENHANCED: Final = re.compile(
    rf"(?:#\s?|\bstatus(?: code)?\s?[:=]?\s*|[(\[<{{]){_STATUS}|^[ \t>*-]*{_STATUS}(?=[ \t]+[<\[(\w])",
    re.IGNORECASE | re.MULTILINE,
)

_FAILED: Final = re.compile(
    r"退信|退回|无法投递|投递失败|发送失败|未能送达|无法送达|不存在|被拒绝|拒收"
    r"|undeliver|unrout|permanent|returned (?:mail|message|to)|bounce"
    r"|(?:deliver(?:y|ed)?|send|message|transaction)\W.{0,40}\bfail"
    r"|fail(?:ed|ure)\W.{0,30}\b(?:deliver|notice|reason|recipient)"
    r"|(?:not|n't|never|unable to|cannot|could not) (?:be |been |to be )?(?:deliver|sent|send|reach|process|rout)"
    r"|(?:did|does|do|was|were|is|are|could) ?not (?:be |been )?"
    r"(?:deliver|reach|exist|found|known|accept|list|valid|active)"
    r"|(?:no such|unknown|invalid|illegal|inactive|bad) (?:e-?mail |local |virtual )?"
    r"(?:user|recipient|address|mailbox|account|host|domain|alias|destination|person|name)"
    r"|(?:user|recipient|address|mailbox|account|host|domain)\b.{0,30}"
    r"\b(?:unknown|not found|not listed|disabled|suspended|unavailable|inactive|closed|full|rejected|refused|invalid)"
    r"|over (?:the |its )?quota|quota (?:is )?exceed|exceed\w{0,5} .{0,30}quota"
    r"|error\w{0,3} .{0,60}deliver|trouble delivering"
    r"|deliver\w{0,4} .{0,30}error|rejected|refused|did not like",
    re.IGNORECASE,
)
_GIVEN_UP: Final = re.compile(
    r"gave up|giv(?:en|ing) up|time ?out exceeded|expired|too (?:old|long)|no longer|final"
    r"|放弃|超过.{0,6}(?:时间|期限)",
    re.IGNORECASE,
)
_DELAYED: Final = re.compile(
    r"\bdelayed|(?:will|shall) (?:be )?(?:re-?tr|keep (?:on )?try|continue|try)|still (?:be )?(?:try|being|attempt)"
    r"|not yet (?:been )?deliver|not been (?:able to be )?delivered yet|only a (?:temporary|warning)"
    r"|warning (?:message|only)|(?:do|does) not need to re-?send|no action is required"
    r"|remain\w{0,3} (?:on|in) the (?:mail )?queue"
    r"|延迟|推迟|稍后(?:会|将)?(?:再|重)|(?:将|会)(?:继续|重新)尝试",
    re.IGNORECASE,
)


class BounceWords(NamedTuple):
    """What the words come to; `status` is a reply code or an enhanced status, empty without one.

    `certain`: a reply and its enhanced status stand together, as no person writes.
    """

    end: Literal["failed", "delayed", "nothing"]
    status: str
    certain: bool


def read_words(subject: str, text: str) -> BounceWords:
    """Read a bounce's subject and text; of quoted mail nothing is read."""
    quoted = _QUOTED.search(text, 0, _LOOKED_AT)
    own = text[: quoted.start() if quoted else _LOOKED_AT]
    plain = _NAMED.sub(" #", _ADDRESS.sub("<>", own))
    replies = [(found[1], found[2] or "") for found in _REPLY.finditer(plain)]
    enhanced = [found[1] or found[2] for found in _ENHANCED.finditer(plain)]
    words = f"{subject}\n{plain}"
    # A reply wins beside a status of another class.
    finals = [(status if status.startswith("5") else "", code) for code, status in replies if code.startswith("5")]
    if finals:
        certain = next((status for status, _ in finals if status), "")
        beside = next((status for status in enhanced if status.startswith("5")), "")
        return BounceWords("failed", certain or beside or finals[0][1], certain=bool(certain))
    status = "" if replies else next((status for status in enhanced if status.startswith("5")), "")
    later = next((status or code for code, status in replies), "") or next(
        (one for one in enhanced if one[0] == "4"), ""
    )
    if status or (not _DELAYED.search(words) and (_GIVEN_UP.search(words) or _FAILED.search(words))):
        return BounceWords("failed", status or later, certain=False)
    return BounceWords("delayed" if later or _DELAYED.search(words) else "nothing", later, certain=False)
