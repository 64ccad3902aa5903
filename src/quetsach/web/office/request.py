"""The request as views of the office get it: behind the door there is always a person."""

from django.http import HttpRequest

from quetsach.web.office.people.models import Person


class OfficeRequest(HttpRequest):
    """A request of somebody who is signed in; only a type, the door has seen to it."""

    user: Person
