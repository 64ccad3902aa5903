"""A real mail server on the loopback for the tests: it keeps what it took, and refuses what its names say."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from tests.waiting import until


@dataclass
class Taken:
    """One message that the server took."""

    sender: str
    recipient: str
    content: bytes

    @property
    def mail(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.default)

    @property
    def message_id(self) -> str:
        return str(self.mail["Message-ID"])


@dataclass
class MailServer:
    """The server's handler. ``nobody@`` is refused for good, ``later@`` for now, ``spam@`` after the text."""

    port: int = 0
    taken: list[Taken] = field(default_factory=list)

    async def handle_RCPT(self, server, session, envelope, address: str, options) -> str:  # noqa: N802  (aiosmtpd's name)
        if address.startswith("nobody@"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("later@"):
            return "451 4.3.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802
        if envelope.rcpt_tos[0].startswith("spam@"):
            return "554 5.7.1 this looks like spam"
        self.taken.append(Taken(envelope.mail_from, envelope.rcpt_tos[0], envelope.content))
        return "250 OK"

    def wait_for(self, recipient: str, words: str) -> str:
        """Wait for the first mail to somebody that holds these words, and return its text."""

        def found() -> list[str]:
            mails = [taken.mail for taken in list(self.taken)]
            texts = [(mail, text.get_content()) for mail in mails if (text := mail.get_body(("plain",)))]
            return [text for mail, text in texts if recipient in mail["To"] and words in f"{mail['Subject']}\n{text}"]

        until(found, every=0.2)
        return found()[0]


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run the server on a free port and stop it again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    handler = MailServer(port)
    controller = Controller(handler, hostname="127.0.0.1", port=port, data_size_limit=64 << 20)
    controller.start()
    try:
        yield handler
    finally:
        controller.stop()
