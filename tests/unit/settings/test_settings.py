"""Settings: where they come from, what is refused and in which words, and what is never shown."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from streams.settings.model import Settings, SettingsError


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory and a home of one's own, and no setting from outside."""
    for name in [name for name in os.environ if name.startswith("RECTIFY_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


def test_without_anything_there_are_defaults(nowhere: Path) -> None:
    """SQLite in the data folder, loopback, Shanghai."""
    settings = Settings.load()
    assert settings.database_url.get_secret_value() == f"sqlite:///{nowhere}/data/rectify/rectify.db"
    assert settings.web_host == "127.0.0.1"
    assert settings.zone.key == "Asia/Shanghai"
    assert settings.max_message_bytes == 1_048_576


def test_the_environment_goes_before_the_file(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are read; an empty variable counts as none."""
    (nowhere / "rectify.toml").write_text('topic_prefix = "file"\nweb_port = 9000\ntimezone = "Asia/Urumqi"\n')
    monkeypatch.setenv("RECTIFY_TOPIC_PREFIX", "environment")
    monkeypatch.setenv("RECTIFY_TIMEZONE", "")
    settings = Settings.load()
    assert (settings.topic_prefix, settings.web_port, settings.timezone) == ("environment", 9000, "Asia/Urumqi")


def test_a_named_file_must_exist(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """RECTIFY_CONFIG names another file; a wrong name is not passed over."""
    (nowhere / "other.toml").write_text("web_port = 9001\n")
    monkeypatch.setenv("RECTIFY_CONFIG", "other.toml")
    assert Settings.load().web_port == 9001
    monkeypatch.setenv("RECTIFY_CONFIG", "missing.toml")
    with pytest.raises(SettingsError, match=r"RECTIFY_CONFIG: the file missing\.toml does not exist"):
        Settings.load()


def test_a_secret_may_come_from_a_file(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Docker and Kubernetes mount them; the variable itself goes first."""
    (nowhere / "secret").write_text("postgresql://u:from-file@db/r\n")
    monkeypatch.setenv("RECTIFY_DATABASE_URL_FILE", str(nowhere / "secret"))
    assert Settings.load().database_url.get_secret_value() == "postgresql://u:from-file@db/r"
    monkeypatch.setenv("RECTIFY_DATABASE_URL", "postgresql://u:direct@db/r")
    assert "direct" in Settings.load().database_url.get_secret_value()


def test_a_secret_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not silently a database without its password."""
    monkeypatch.setenv("RECTIFY_SMTP_URL_FILE", "/nowhere/smtp")
    with pytest.raises(SettingsError, match="RECTIFY_SMTP_URL_FILE: cannot read /nowhere/smtp: No such file"):
        Settings.load()


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"RECTIFY_TIMEZONE": "Asia/Shangai"}, "RECTIFY_TIMEZONE: 'Asia/Shangai' is no time zone; did you mean Asia/"),
        ({"RECTIFY_CLOCK": "rate=3"}, "RECTIFY_CLOCK: `start` is missing"),
        ({"RECTIFY_TIMEZONE": "China"}, "RECTIFY_TIMEZONE: 'China' is no time zone; did you mean Asia/Shanghai?"),
        ({"RECTIFY_TIMEZONE": "北京时间"}, "did you mean Asia/Shanghai?"),
        ({"RECTIFY_TIMEZONE": "UTC+8"}, "did you mean Asia/Shanghai?"),
        ({"RECTIFY_TIMEZONE": "urumqi"}, "did you mean Asia/Urumqi?"),
        ({"RECTIFY_TIMEZONE": "Atlantis"}, "RECTIFY_TIMEZONE: 'Atlantis' is no time zone"),
        ({"RECTIFY_BROKER": "localhost"}, "RECTIFY_BROKER: a broker is written kafka://host:port"),
        ({"RECTIFY_BROKER": "b:99999"}, "RECTIFY_BROKER: 'b:99999' is not host:port"),
        ({"RECTIFY_BROKER": "kafka://me:word@b:1"}, "RECTIFY_BROKER: 用户名和密码另设 · user and password stand in"),
        ({"RECTIFY_SMTP_SENDER": "nonsense"}, "RECTIFY_SMTP_SENDER: a sender is written rectify@city.gov.cn"),
        ({"RECTIFY_SMTP_URL": "smtp://mail?tls=1"}, "RECTIFY_SMTP_URL: an option in the SMTP URL is none of starttls"),
        ({"RECTIFY_SMTP_URL": "smtps://mail?cafile=/no/ca"}, "RECTIFY_SMTP_URL: cannot read /no/ca"),
        ({"RECTIFY_SMS_CALLBACK_SECRET": "x" * 31}, "RECTIFY_SMS_CALLBACK_SECRET: 须 32 个字符以上 · 32 characters"),
        ({"RECTIFY_SMTP_BOUNCE_SECRET": "x"}, "RECTIFY_SMTP_BOUNCE_SECRET: 须 32 个字符以上 · 32 characters"),
        ({"RECTIFY_DATABASE_URL": "mysql://x"}, "RECTIFY_DATABASE_URL: a database is written sqlite:///path"),
        ({"RECTIFY_SMTP_URL": "mail.gov.cn"}, "RECTIFY_SMTP_URL: a mail server is written smtp://"),
        ({"RECTIFY_SMS_PROVIDER": "kannel"}, "RECTIFY_SMS_KANNEL_URL: is needed"),
        ({"RECTIFY_PUBLIC_URL": "example.gov.cn"}, "RECTIFY_PUBLIC_URL: 'example.gov.cn' is not http://"),
        ({"RECTIFY_WEB_PORT": "eighty"}, "RECTIFY_WEB_PORT: "),
        (
            {"RECTIFY_KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "RECTIFY_BROKER": "kafka://b:1"},
            "needs RECTIFY_KAFKA_SASL_USERNAME",
        ),
    ],
)
def test_a_wrong_setting_is_one_sentence(variables: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins with the variable's name and says what was expected."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        Settings.load()
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "pydantic" not in str(caught.value)


def test_an_unknown_key_in_the_file_is_named(nowhere: Path) -> None:
    """With the file and the nearest name."""
    (nowhere / "rectify.toml").write_text('smtp_ulr = "smtp://x"\n')
    with pytest.raises(SettingsError, match=r"rectify\.toml: 'smtp_ulr' is not a setting; did you mean smtp_url\?"):
        Settings.load()


def test_a_file_that_is_no_toml_says_where(nowhere: Path) -> None:
    """The line is in the sentence."""
    (nowhere / "rectify.toml").write_text("web_port 9000\n")
    with pytest.raises(SettingsError, match=r"rectify\.toml: cannot be read: .*line 1"):
        Settings.load()


def test_a_wrong_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is refused may hold a password."""
    monkeypatch.setenv("RECTIFY_SMTP_URL", "smpt://user:hunter2@mail")
    with pytest.raises(SettingsError) as caught:
        Settings.load()
    assert "hunter2" not in str(caught.value)


def test_the_effective_settings_hide_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords, also those inside URLs; the rest of the URL helps and stays."""
    monkeypatch.setenv("RECTIFY_DATABASE_URL", "postgresql://rectify:p@ss%2Fw:rd@db.gov.cn:5432/rectify")
    monkeypatch.setenv("RECTIFY_SMTP_URL", "smtp://user:hunter2@mail:25?starttls=require")
    monkeypatch.setenv("RECTIFY_SMS_KANNEL_PASSWORD", "hunter3")
    settings = Settings.load()
    shown = settings.effective()
    assert shown["RECTIFY_DATABASE_URL"] == "postgresql://rectify:********@db.gov.cn:5432/rectify"
    assert shown["RECTIFY_SMTP_URL"] == "smtp://user:********@mail:25?starttls=require"
    assert shown["RECTIFY_SMS_KANNEL_PASSWORD"] == "********"
    for secret in ("p@ss", "w:rd", "hunter"):
        assert secret not in str(shown)
        assert secret not in repr(settings)


def test_settings_do_not_change() -> None:
    """They are read once, at the edge."""
    settings = Settings.load(web_port=1)
    with pytest.raises(ValidationError):
        settings.web_port = 2  # type: ignore[misc]


def test_the_broker_is_read_with_its_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """As aiokafka wants them."""
    monkeypatch.setenv("RECTIFY_BROKER", "kafka://a:1,b")
    monkeypatch.setenv("RECTIFY_KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
    monkeypatch.setenv("RECTIFY_KAFKA_SASL_USERNAME", "me")
    monkeypatch.setenv("RECTIFY_KAFKA_SASL_PASSWORD", "secret")
    kafka = Settings.load().kafka()
    assert kafka.servers == ["a:1", "b:9092"]
    assert (kafka.sasl_username, kafka.sasl_password) == ("me", "secret")


def test_receipts_come_to_the_public_url() -> None:
    """Or to the web address, with the port that was taken."""
    assert Settings.load(public_url="https://r.gov.cn").receipts_url() == "https://r.gov.cn"
    assert Settings.load(web_host="::1", web_port=0).receipts_url(81) == "http://[::1]:81"


def test_variables_of_others_stop_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is perhaps misspelt is named first, then what is unknown, then what Kubernetes puts there for a Service."""
    given = {
        "RECTIFY_BROKR": "x",
        "RECTIFY_DATABSE_URL_FILE": "/run/secrets/db",
        "RECTIFY_HOME": "/opt",
        "RECTIFY_PORT": "tcp://10.96.0.7:8080",
        "RECTIFY_PORT_8080_TCP_ADDR": "10.96.0.7",
        "RECTIFY_SERVICE_HOST": "10.96.0.7",
        "RECTIFY_SERVICE_PORT_HTTP": "8080",
        "RECTIFY_WEB_PORT": "tcp://[fd00::7]:8080",
        "RECTIFY_WEB_SERVICE_HOST": "fd00::7",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert Settings.load().web_port == 8080  # a port is never an address: it is a Service's, not ours
    said = Settings.strangers()
    assert {stranger.name for stranger in said} == given.keys()
    assert [stranger.text for stranger in said[:3]] == [
        "RECTIFY_BROKR 不是设置 · is not a setting; did you mean RECTIFY_BROKER?",
        "RECTIFY_DATABSE_URL_FILE 不是设置 · is not a setting; did you mean RECTIFY_DATABASE_URL_FILE?",
        "RECTIFY_HOME 不是设置 · is not a setting; `rectify config` lists them all",
    ]
    assert all(stranger.harmless and "Kubernetes" in stranger.text for stranger in said[3:])
    assert "RECTIFY_WEB_PORT 由 Kubernetes 按 Service 设置，未采用 · a Service's, and not read" in said[-2].text
    monkeypatch.setenv("RECTIFY_WEB_PORT", "http://10.96.0.7:8080")
    with pytest.raises(SettingsError, match="RECTIFY_WEB_PORT: "):  # no form of Kubernetes
        Settings.load()


@pytest.mark.parametrize("broker", ["localhost:9092", "k1:9092, k2:9093", "[::1]:9092", "kafka://k1,k2"])
def test_a_broker_is_written_as_everywhere(broker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With kafka:// or, as other tools have it, without."""
    monkeypatch.setenv("RECTIFY_BROKER", broker)
    assert len(Settings.load().kafka().servers) == broker.count(",") + 1


def test_overrides_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line's options stand above the environment."""
    monkeypatch.setenv("RECTIFY_SMTP_URL", "smtp://a")
    settings = Settings.load(smtp_url=SecretStr("smtp://b"))
    assert settings.smtp_url is not None
    assert settings.smtp_url.get_secret_value() == "smtp://b"


@pytest.mark.parametrize(
    ("provider", "needed"),
    [
        ("aliyun", ["SMS_ALIYUN_KEY_ID", "SMS_ALIYUN_KEY_SECRET", "SMS_TEMPLATES"]),
        ("tencent", ["SMS_TENCENT_SECRET_ID", "SMS_TENCENT_SECRET_KEY", "SMS_TENCENT_APP_ID", "SMS_TEMPLATES"]),
        (
            "yunmas",
            ["SMS_YUNMAS_URL", "SMS_YUNMAS_CUSTOMER", "SMS_YUNMAS_ACCOUNT", "SMS_YUNMAS_PASSWORD", "SMS_YUNMAS_SIGN"],
        ),
    ],
)
def test_what_a_provider_needs_is_said_at_once(
    provider: str, needed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything that is missing, a line each."""
    monkeypatch.setenv("RECTIFY_SMS_PROVIDER", provider)
    with pytest.raises(SettingsError) as caught:
        Settings.load()
    assert str(caught.value).splitlines() == [
        f"RECTIFY_{name}: is needed with RECTIFY_SMS_PROVIDER={provider}" for name in needed
    ]


def test_a_login_service_is_whole() -> None:
    """W-41: its address, who we are there, and where it sends people back to; an e-mail address names nobody."""
    whole = {
        "pages_oidc_issuer": "https://sso.example/realms/gov", "pages_oidc_client_id": "rectify",
        "pages_url_internal": "https://zg.example/", "pages_oidc_client_secret": "hush",
    }  # fmt: skip
    settings = Settings.load(**whole)
    assert (settings.desk_url, settings.pages_oidc_claim) == ("https://zg.example", "sub")
    assert settings.effective()["RECTIFY_PAGES_OIDC_CLIENT_SECRET"] != "hush"
    assert Settings.load(**{**whole, "pages_oidc_issuer": "http://127.0.0.1:9000"}).pages_oidc_issuer
    for name, value, said in (
        ("pages_oidc_issuer", "http://sso.example", "RECTIFY_PAGES_OIDC_ISSUER"),
        ("pages_oidc_issuer", "https://sso.example/?realm=gov", "RECTIFY_PAGES_OIDC_ISSUER"),
        ("pages_oidc_claim", "email", "RECTIFY_PAGES_OIDC_CLAIM"),
        ("pages_oidc_client_id", "", "RECTIFY_PAGES_OIDC_CLIENT_ID"),
        ("pages_url_internal", "", "RECTIFY_PAGES_URL"),
    ):
        with pytest.raises(SettingsError, match=said):
            Settings.load(**{**whole, name: value})


def test_a_header_needs_its_proxies() -> None:
    """W-7: who may be believed is said, or the process does not start; a name that is none is refused."""
    with pytest.raises(SettingsError, match="RECTIFY_PAGES_PROXIES"):
        Settings.load(pages_user_header="X-Remote-User")
    with pytest.raises(SettingsError, match="RECTIFY_PAGES_USER_HEADER"):
        Settings.load(pages_user_header="X Remote\n", pages_proxies="10.0.0.1")
    assert Settings.load(pages_user_header="X-Remote-User", pages_proxies="10.0.0.1").pages_user_header
