"""The apps of the office: where each is, and what its tables are called."""

from importlib import import_module

from django.apps import AppConfig


class Office(AppConfig):
    """What the apps of the office share; with it, each is told what it has to know of the others."""

    name = "quetsach.web.office"

    def ready(self) -> None:
        """Tell them, as soon as all models are loaded."""
        import_module("quetsach.web.office.hooks").connect()


class Log(AppConfig):
    """What was done, by whom and when: append-only and chained."""

    name = "quetsach.web.office.log"
    label = "office_log"
    verbose_name = "Office: log"


class Tree(AppConfig):
    """The dated tree of units as it is kept. Its tables have the name of the pages that show them."""

    name = "quetsach.web.office.tree"
    label = "office_units"
    verbose_name = "Office: tree of units"


class People(AppConfig):
    """Who works in the office, and what they may do."""

    name = "quetsach.web.office.people"
    label = "office_people"
    verbose_name = "Office: people"


class Units(AppConfig):
    """The tree of units as people see and change it, with groups and contacts."""

    name = "quetsach.web.office.units"
    label = "office_unit_pages"
    verbose_name = "Office: units"


class Audit(AppConfig):
    """The log as people read it."""

    name = "quetsach.web.office.audit"
    label = "office_audit"
    verbose_name = "Office: log"


class Approvals(AppConfig):
    """Two people for what cannot be taken back: one asks, another decides."""

    name = "quetsach.web.office.approvals"
    label = "office_approvals"
    verbose_name = "Office: approvals"


class Plans(AppConfig):
    """Campaigns as they are kept. Their tables have the name of the pages that show them."""

    name = "quetsach.web.office.plans"
    label = "office_campaigns"
    verbose_name = "Office: plans of campaigns"


class Campaigns(AppConfig):
    """Campaigns: phases, gates, boards, decisions."""

    name = "quetsach.web.office.campaigns"
    label = "office_campaign_pages"
    verbose_name = "Office: campaigns"


class Mail(AppConfig):
    """The queue of mail that goes out."""

    name = "quetsach.web.office.mail"
    label = "office_mail"
    verbose_name = "Office: mail"


class Letters(AppConfig):
    """Official letters: written, issued, sent down the tree, acknowledged."""

    name = "quetsach.web.office.letters"
    label = "office_letters"
    verbose_name = "Office: letters"


class Returns(AppConfig):
    """Returns of the units: entered, checked, approved up the tree, added up."""

    name = "quetsach.web.office.returns"
    label = "office_returns"
    verbose_name = "Office: returns"


class Partners(AppConfig):
    """Bulk reports of partner vendors, shown apart."""

    name = "quetsach.web.office.partners"
    label = "office_partners"
    verbose_name = "Office: partners"


class Publicity(AppConfig):
    """The publicity kit of a unit, its verification page and its reach."""

    name = "quetsach.web.office.publicity"
    label = "office_publicity"
    verbose_name = "Office: publicity"


class Helpdesk(AppConfig):
    """People who ask for help, and their answers."""

    name = "quetsach.web.office.helpdesk"
    label = "office_helpdesk"
    verbose_name = "Office: help desk"


class Figures(AppConfig):
    """New figures wait here until a second person lets them out."""

    name = "quetsach.web.office.figures"
    label = "office_figures"
    verbose_name = "Office: figures"


class Sources(AppConfig):
    """Sources of feeds: where the centre fetches them, when, and how that went. Their files are the truth."""

    name = "quetsach.web.office.sources"
    label = "office_sources"
    verbose_name = "Office: sources of feeds"


class OtherTools(AppConfig):
    """The catalogue of other makers' tools; what the public pages show of it is changed by two people."""

    name = "quetsach.web.office.other_tools"
    label = "office_other_tools"
    verbose_name = "Office: tools of others"


class Feeds(AppConfig):
    """The feeds: until when their data go, what was set aside and why, which names wait for an analyst."""

    name = "quetsach.web.office.feeds"
    label = "office_feeds"
    verbose_name = "Office: feeds"


class Packs(AppConfig):
    """New packs for everybody wait here until a second person lets them out."""

    name = "quetsach.web.office.packs"
    label = "office_packs"
    verbose_name = "Office: packs"


class Operation(AppConfig):
    """Whether the centre can work: its first steps, mail, signing and health on one page."""

    name = "quetsach.web.office.operation"
    label = "office_operation"
    verbose_name = "Office: operation"


class Accounts(AppConfig):
    """Lists of stolen accounts that are handed over, sealed, and answers to their owners."""

    name = "quetsach.web.office.accounts"
    label = "office_accounts"
    verbose_name = "Office: stolen accounts"


class Wording(AppConfig):
    """Texts that people of the centre reword."""

    name = "quetsach.web.office.wording"
    label = "office_wording"
    verbose_name = "Office: wording"
