"""What may go wrong in every installation, as a sentence: broker, database, policy, settings, files."""

from __future__ import annotations

from collections.abc import Mapping

from streams.services.failure import Failure


def sentence(error: Exception) -> str | None:
    """Tell what is wrong, for people; None when the error is a fault of the program and deserves its traceback."""
    if isinstance(error, Failure):
        return str(error)
    for kind, words in _expected().items():
        if isinstance(error, kind):
            return words.format(str(error) or type(error).__name__)
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: 无法读写 · {error.strerror}"
    return None


def _expected() -> Mapping[type[Exception], str]:
    """From the more special to the more general; imported only when something went wrong."""
    from aiokafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError

    from schemas.calendar import CalendarError
    from streams.clock import ClockError
    from streams.files.faults import FileError
    from streams.kafka.admin import TopicRefusedError
    from streams.kafka.config import CertificateError
    from streams.ledger.errors import CopyError, LedgerError, LedgerUnavailable
    from streams.local.jars import BrokerError
    from streams.settings.model import SettingsError
    from streams.worker.pages import AddressError

    return {
        AddressError: "{}",
        CertificateError: "{}",
        BrokerError: "{}",
        KafkaConnectionError: "无法连接 Kafka · Kafka cannot be reached: {}",
        KafkaTimeoutError: "Kafka 没有应答 · Kafka did not answer: {}",
        TopicRefusedError: "Kafka 拒绝创建主题 · Kafka refused to create a topic: {}",
        KafkaError: "Kafka 拒绝了请求 · Kafka refused: {}",
        CopyError: "{}",
        LedgerUnavailable: "无法访问数据库 · the database cannot be reached: {}",
        LedgerError: "数据库不能使用 · the database cannot be used: {}",
        FileError: "{}",
        CalendarError: "日历文件有误 · the calendar cannot be used: {}",
        SettingsError: "设置有误 · the settings cannot be used: {}",
        ClockError: "设置有误 · RECTIFY_CLOCK cannot be used: {}",
    }
