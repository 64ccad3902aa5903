"""Mail that is to go out, and how far each message has come."""

from enum import StrEnum
from typing import ClassVar

from django.db import models


class MessageState(StrEnum):
    """How far a message has come.

    ``HANDING`` is written down durably before the byte that makes the server take the message, and replaced when the
    server has answered. A message that is found in it after a crash may have been taken or not: it becomes
    ``UNCERTAIN`` and is not sent again by itself.
    """

    QUEUED = "queued"
    HANDING = "handing"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


class MessageKind(StrEnum):
    """What a message is."""

    LETTER = "letter"
    REMINDER = "reminder"
    DIGEST = "digest"


class Message(models.Model):
    """One mail to one address. ``key`` says what it is for, so that nothing is queued twice.

    ``dispatch`` is the letter on its way that the mail carries or is about; none for all other mail.
    """

    key = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=10, choices=[(k.value, k.value) for k in MessageKind])
    dispatch = models.ForeignKey(
        "office_letters.Dispatch", on_delete=models.PROTECT, null=True, related_name="messages"
    )
    recipient = models.EmailField()
    subject = models.CharField(max_length=500)
    text = models.TextField()
    copy_sha256 = models.CharField(max_length=64, blank=True, help_text="the PDF that goes with it")
    copy_name = models.CharField(max_length=100, blank=True)
    message_id = models.CharField(max_length=120, unique=True)
    state = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in MessageState], default=MessageState.QUEUED
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    handed_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        """The queue is read in order of time. Its table has stood among those of letters from the beginning."""

        app_label = "office_letters"
        indexes: ClassVar = [models.Index(fields=["state", "next_at"])]

    def __str__(self) -> str:
        return self.key
