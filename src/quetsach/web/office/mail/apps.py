"""The app's name and label."""

from django.apps import AppConfig


class Mail(AppConfig):
    """The queue of mail that goes out."""

    name = "quetsach.web.office.mail"
    label = "office_mail"
    verbose_name = "Office: mail"
