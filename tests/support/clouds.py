"""The clouds and robots, each played by a local HTTP server that checks signatures and misbehaves on request."""
# ruff: noqa: ARG002 - every provider is asked in the same words, and answers with what it needs

import asyncio
import hmac
from abc import ABC, abstractmethod
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import md5, sha256
from typing import Any, ClassVar

import orjson
from aiohttp import web

from notifiers.chat.dingtalk import Dingtalk
from notifiers.chat.feishu import Feishu
from notifiers.chat.robot import Platform, Robot
from notifiers.chat.wecom import Wecom
from notifiers.protocol import Chat, Notifier, Recipient, Sms
from notifiers.sms import aliyun, tencent
from notifiers.sms.aliyun import AliyunNotifier
from notifiers.sms.templates import Provider, Template, Templates
from notifiers.sms.tencent import TencentNotifier
from notifiers.sms.yunmas import YunmasNotifier
from streams.clock import system_time
from streams.local.processes import free_ports
from tests.support.channels import PASSWORD, STALLED_S, USER

Document = dict[str, Any]
_NARROW = {0xFEE0 + code: code for code in range(0x21, 0x7F)}


def approved(provider: Provider) -> Templates:
    """One template with one variable."""
    text = {"aliyun": "有一件整改单：${asset}。", "tencent": "有一件整改单：{1}。"}[provider]
    return Templates(provider, {"any": Template("SMS_1", "测试", text, {"asset": 35})})


class Cloud(ABC):
    """One provider; a subclass says how it answers."""

    unanswered = "uncertain"
    good, bad = "13800000001", "13800000001,13800000002"
    refused: ClassVar[str]
    throttled: ClassVar[str]
    unauthorised: ClassVar[str]

    def __init__(self) -> None:
        (self.port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self.how = ""
        self.asked: list[Document] = []
        self.statuses: list[Document] = []
        self._taken: list[tuple[str, object]] = []
        self._runner: web.AppRunner | None = None

    def message(self, text: str, address: str | None = None) -> Any:
        to = Recipient("王五", address or self.good, "duty")
        return Sms(f"notice-{text}", to, text, None, "urge", {"asset": text})

    def behave(self, how: str) -> None:
        self.how = how

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def taken(self) -> list[str]:
        return [text for text, _ in self._taken]

    @property
    def connections(self) -> int:
        return len({peer for _, peer in self._taken})

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        how = self.how
        if not self.authorised(request, body):
            return web.json_response(self.error(self.unauthorised))
        if how == "lie":
            return web.Response(text="<html>Please log in to this network</html>", content_type="text/html")
        if (known := self.known(request, body)) is not None:
            return web.json_response(known)
        if how == "refuse":
            return web.json_response(self.error(self.refused))
        if how == "throttle":
            self.how = ""
            return web.json_response(self.error(self.throttled))
        transport = request.transport
        assert transport is not None
        self._taken.append((self.text(request, body), transport.get_extra_info("peername")))
        if how == "stall":
            await asyncio.sleep(STALLED_S)
        if how == "drop":
            self.how = ""
            transport.abort()
        return web.json_response(self.success())

    @abstractmethod
    def authorised(self, request: web.Request, body: bytes) -> bool:
        """Whether the request is signed with the right secret."""

    @abstractmethod
    def text(self, request: web.Request, body: bytes) -> str:
        """What the receiver will read of it."""

    def known(self, request: web.Request, body: bytes) -> Document | None:
        """The answer to a question about what was sent; None when it is a message."""
        return None

    @abstractmethod
    def success(self) -> Document:
        """The answer to a message that was taken."""

    @abstractmethod
    def error(self, code: str) -> Document:
        """The answer that carries this code."""


class AliyunChannel(Cloud):
    """Aliyun."""

    refused, throttled = "isv.SMS_CONTENT_ILLEGAL", "isv.DAY_LIMIT_CONTROL"
    unauthorised = "SignatureDoesNotMatch"

    def notifier(self, password: str = PASSWORD, timeout_s: float = 5.0) -> Notifier[Sms]:
        return AliyunNotifier(USER, password, approved("aliyun"), system_time, url=self.url, timeout_s=timeout_s)

    def authorised(self, request: web.Request, body: bytes) -> bool:
        given = request.headers
        expected = aliyun.signed_headers(
            USER, PASSWORD, given["host"], given["x-acs-action"], request.rel_url.raw_query_string,
            datetime.fromisoformat(given["x-acs-date"]), nonce=given["x-acs-signature-nonce"],
        )  # fmt: skip
        return given["authorization"] == expected["authorization"] and not body

    def text(self, request: web.Request, body: bytes) -> str:
        return str(orjson.loads(request.query["TemplateParam"])["asset"])

    def known(self, request: web.Request, body: bytes) -> Document | None:
        if request.headers["x-acs-action"] != "QuerySendDetails":
            return None
        self.asked.append(dict(request.query))
        return {"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": self.statuses}}

    def success(self) -> Document:
        return {"Code": "OK", "Message": "OK", "BizId": f"biz-{len(self._taken)}", "RequestId": "r"}

    def error(self, code: str) -> Document:
        return {"Code": code, "Message": "no", "RequestId": "r"}


class TencentChannel(Cloud):
    """Tencent Cloud."""

    refused, throttled = "FailedOperation.ContainSensitiveWord", "LimitExceeded.AppDailyLimit"
    unauthorised = "AuthFailure.SignatureFailure"

    def notifier(self, password: str = PASSWORD, timeout_s: float = 5.0) -> Notifier[Sms]:
        templates = approved("tencent")
        return TencentNotifier(USER, password, "1400", templates, system_time, url=self.url, timeout_s=timeout_s)

    def authorised(self, request: web.Request, body: bytes) -> bool:
        at = datetime.fromtimestamp(int(request.headers["x-tc-timestamp"]), UTC)
        expected = tencent.signed_headers(USER, PASSWORD, request.headers["host"], body, at)
        return request.headers["authorization"] == expected["authorization"]

    def text(self, request: web.Request, body: bytes) -> str:
        return str(orjson.loads(body)["TemplateParamSet"][0])

    def known(self, request: web.Request, body: bytes) -> Document | None:
        if request.headers["x-tc-action"] == "SendSms":
            return None
        self.asked.append(orjson.loads(body))
        return {"Response": {"PullSmsSendStatusSet": self.statuses, "RequestId": "r"}}

    def success(self) -> Document:
        status = {"Code": "Ok", "SerialNo": f"serial-{len(self._taken)}", "Fee": 1}
        return {"Response": {"SendStatusSet": [status], "RequestId": "r"}}

    def error(self, code: str) -> Document:
        if code.startswith("AuthFailure"):
            return {"Response": {"Error": {"Code": code, "Message": "no"}, "RequestId": "r"}}
        return {"Response": {"SendStatusSet": [{"Code": code, "SerialNo": ""}], "RequestId": "r"}}


class YunmasChannel(Cloud):
    """China Mobile's 云MAS; it has no code for overload, its proxy has."""

    refused, throttled, unauthorised = "InvalidMessage", "", "IllegalMac"

    def notifier(self, password: str = PASSWORD, timeout_s: float = 5.0) -> Notifier[Sms]:
        return YunmasNotifier(
            f"{self.url}/sms/norsubmit",
            "市政府办",
            USER,
            password,
            "SIGN1",
            timeout_s=timeout_s,
        )

    def authorised(self, request: web.Request, body: bytes) -> bool:
        sent = orjson.loads(b64decode(body))
        parts = [sent[name] for name in ("ecName", "apId")]
        parts += [PASSWORD, *(sent[name] for name in ("mobiles", "content", "sign", "addSerial"))]
        return bool(sent["mac"] == md5("".join(parts).encode(), usedforsecurity=False).hexdigest())

    async def _answer(self, request: web.Request) -> web.Response:
        if self.how == "throttle":
            self.how = ""
            return web.Response(status=503, text="busy")
        return await super()._answer(request)

    def text(self, request: web.Request, body: bytes) -> str:
        return str(orjson.loads(b64decode(body))["content"])

    def success(self) -> Document:
        return {"msgGroup": f"group-{len(self._taken)}", "rspcod": "success", "success": True}

    def error(self, code: str) -> Document:
        return {"msgGroup": "", "rspcod": code, "success": False}


class Group(Cloud):
    """A robot in a group; silence is a retry, for a copy twice does little harm."""

    unanswered = "retry"
    field = "errcode"

    @abstractmethod
    def platform(self) -> Platform:
        """Whose robot it is."""

    def notifier(self, password: str = PASSWORD, timeout_s: float = 5.0) -> Notifier[Chat]:
        url = f"{self.url}/robot/send?key={password}"
        return Robot(self.platform(), url, password, system_time, per_minute=100, timeout_s=timeout_s)

    def message(self, text: str, address: str | None = None) -> Any:
        return Chat(f"notice-{text}", Recipient("督办群", "duty-room", "group"), "督办", (text,))

    def text(self, request: web.Request, body: bytes) -> str:
        """The line, with the full-width twins of markup made narrow again."""
        return self.line(orjson.loads(body)).translate(_NARROW)

    def line(self, sent: Mapping[str, Any]) -> str:
        key = "content" if sent["markdown"].get("content") else "text"
        return str(sent["markdown"][key]).partition("\n\n")[2]

    def success(self) -> Document:
        return {self.field: 0, "errmsg": "ok"}

    def error(self, code: str) -> Document:
        return {self.field: int(code), "errmsg": "no"}


class WecomChannel(Group):
    """WeCom: the key in the webhook is all the protection there is."""

    refused, throttled, unauthorised = "40058", "45009", "93000"

    def platform(self) -> Platform:
        return Wecom()

    def authorised(self, request: web.Request, body: bytes) -> bool:
        return request.query["key"] == PASSWORD


class DingtalkChannel(Group):
    """DingTalk."""

    refused, throttled, unauthorised = "40035", "130101", "310000"

    def platform(self) -> Platform:
        return Dingtalk()

    def authorised(self, request: web.Request, body: bytes) -> bool:
        signed = f"{request.query['timestamp']}\n{PASSWORD}".encode()
        expected = b64encode(hmac.new(PASSWORD.encode(), signed, sha256).digest()).decode()
        return request.query["sign"] == expected and request.query["key"] != ""


class FeishuChannel(Group):
    """Feishu."""

    refused, throttled, unauthorised = "9499", "11232", "19021"
    field = "code"

    def platform(self) -> Platform:
        return Feishu()

    def authorised(self, request: web.Request, body: bytes) -> bool:
        sent = orjson.loads(body)
        key = f"{sent['timestamp']}\n{PASSWORD}".encode()
        return bool(sent["sign"] == b64encode(hmac.new(key, b"", sha256).digest()).decode())

    def line(self, sent: Mapping[str, Any]) -> str:
        return str(sent["content"]["post"]["zh_cn"]["content"][0][0]["text"])
