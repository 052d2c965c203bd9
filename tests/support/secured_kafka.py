"""A broker that lets nobody in without TLS, a certificate of our authority, a login, and a right for each thing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from aiokafka.protocol.admin import CreateAclsRequest_v1, CreateAclsResponse_v0
from aiokafka.protocol.api import Request

from streams.kafka.admin import connected
from streams.kafka.config import KafkaConfig
from streams.local.kafka import LocalKafka
from tests.support.certificates import NEW_KEY

ADMIN: Final = "admin"
TOPIC, GROUP = 2, 3
LITERAL, PREFIXED = 3, 4
OPERATIONS: Final = {"Read": 3, "Write": 4, "Create": 5, "Describe": 8}
_ALLOW: Final = 3
_PROPERTIES: Final = """
listener.security.protocol.map=CLIENT:SASL_SSL,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.client.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
username="admin" password="{admin}" {users};
listener.name.client.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.client.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={folder}/server.pem
ssl.truststore.type=PEM
ssl.truststore.location={folder}/ca.pem
listener.name.client.ssl.client.auth=required
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
# The controller's listener has no login; clients never come in as ANONYMOUS.
super.users=User:admin;User:ANONYMOUS
allow.everyone.if.no.acl.found=false
"""


class Right(NamedTuple):
    """One line of an access list."""

    user: str
    operation: str
    resource: int
    name: str
    prefixed: bool = False


class _Granted(CreateAclsResponse_v0):  # type: ignore[misc]
    API_VERSION = 1  # aiokafka 0.14 has no answer of version 1 that can be read


class _Grant(CreateAclsRequest_v1):  # type: ignore[misc]
    RESPONSE_TYPE = _Granted


class _CreateAcls(Request[_Grant]):  # type: ignore[misc]
    API_KEY = 30

    def __init__(self, rights: list[Right]) -> None:
        self._rights = rights

    def build(self, request_struct_class: type[_Grant]) -> _Grant:
        return request_struct_class(
            [
                (
                    right.resource,
                    right.name,
                    PREFIXED if right.prefixed else LITERAL,
                    f"User:{right.user}",
                    "*",
                    OPERATIONS[right.operation],
                    _ALLOW,
                )
                for right in self._rights
            ]
        )


class Authority:
    """A certificate authority of one's own, with certificates for the broker and for clients."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = folder / "ca.pem"
        _openssl(
            "req", "-x509", *NEW_KEY, "-days", "2", "-subj", "/CN=authority",
            "-out", self.ca, "-keyout", folder / "ca.key",
        )  # fmt: skip
        self.certificate, self.key = self.issue("client")
        certificate, key = self.issue("server")
        (folder / "server.pem").write_text(key.read_text() + certificate.read_text() + self.ca.read_text())

    def issue(self, name: str) -> tuple[Path, Path]:
        """A certificate for 127.0.0.1 and its key."""
        certificate, key, request = (self.folder / f"{name}{end}" for end in ("-cert.pem", ".key", ".csr"))
        names = self.folder / "names"
        names.write_text("subjectAltName=IP:127.0.0.1\n")
        _openssl("req", *NEW_KEY, "-subj", f"/CN={name}", "-out", request, "-keyout", key)
        _openssl(
            "x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.folder / "ca.key", "-CAcreateserial",
            "-days", "2", "-extfile", names, "-out", certificate,
        )  # fmt: skip
        return certificate, key


class SecuredKafka(LocalKafka):
    """`LocalKafka` behind TLS, logins and access lists."""

    def __init__(self, folder: Path, authority: Authority, users: Iterable[str]) -> None:
        """Each user's password is `<user>-secret`, for every mechanism."""
        super().__init__(folder, brief=True)
        self.authority = authority
        everyone = [ADMIN, *users]
        plain = " ".join(f'user_{user}="{password(user)}"' for user in everyone)
        self.more_properties = _PROPERTIES.format(admin=password(ADMIN), users=plain, folder=authority.folder)
        self.format_options = tuple(
            f"--add-scram={mechanism}=[name={user},password={password(user)}]"
            for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
            for user in everyone
        )
        options = self.config(ADMIN, bootstrap="127.0.0.1:1").aiokafka_options()
        self.client_options = {name: value for name, value in options.items() if name != "bootstrap_servers"}

    @property
    def settings(self) -> Mapping[str, str]:
        """How everybody reaches it, but for the login."""
        return {
            "broker": f"kafka://{self.bootstrap}",
            "kafka_security_protocol": "SASL_SSL",
            "kafka_ssl_cafile": str(self.authority.ca),
            "kafka_ssl_certfile": str(self.authority.certificate),
            "kafka_ssl_keyfile": str(self.authority.key),
        }

    def config(self, user: str, mechanism: str = "PLAIN", **other: Any) -> KafkaConfig:
        """How this user reaches it; `other` for what shall be wrong."""
        tls = {name.removeprefix("kafka_"): value for name, value in self.settings.items() if name != "broker"}
        login = {"sasl_mechanism": mechanism, "sasl_username": user, "sasl_password": password(user)}
        return KafkaConfig(**{"bootstrap": self.bootstrap, **tls, **login, **other})

    async def grant(self, rights: Iterable[Right]) -> None:
        """Write the access lists."""
        async with connected(self.config(ADMIN)) as admin:
            answer = await admin._send_request(_CreateAcls(list(rights)))
        refused = [error for error in answer.creation_responses if error[0]]
        assert not refused, refused


def password(user: str) -> str:
    """A user's password."""
    return f"{user}-secret"


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
