"""The commands: which words name them, what they do in one line, and where they are, found without importing any."""

from typing import NamedTuple


class Command(NamedTuple):
    """One command, or a group of them.

    Attributes:
        words: what is typed after ``quetsach``.
        summary: one line for the list above it; its first letter is raised for the help of the command itself.
        entry: module with ``register(parser)``, which adds the arguments; ``module:function`` where it is another one.
            Empty for a group.
        examples: lines under the options of a group; a command adds its own.
    """

    words: str
    summary: str
    entry: str = ""
    examples: str = ""

    @property
    def module(self) -> str:
        """The module to import; empty for a group."""
        return self.entry.partition(":")[0]

    @property
    def function(self) -> str:
        """The function of the module that adds the arguments."""
        return self.entry.partition(":")[2] or "register"


COMMANDS: tuple[Command, ...] = (
    Command("scan", "look for malware; nothing is changed", "quetsach.cli.scan"),
    Command(
        "clean",
        "look, show the plan, act after consent, and look again; files and settings can be put back",
        "quetsach.cli.clean",
    ),
    Command("undo", "put back what a clean-up removed, exactly as it was", "quetsach.cli.undo"),
    Command("quarantine", "what clean-ups removed and hold sealed", "quetsach.cli.quarantine"),
    Command(
        "update",
        "fetch the newest signed packs from the centre, and a newer version of the tool",
        "quetsach.cli.update",
    ),
    Command(
        "report",
        "show the report of a scan or clean-up, or send its anonymous part to the centre",
        "quetsach.cli.report",
    ),
    Command(
        "gui", "open the window: one button scans, and nothing is changed before it is agreed to", "quetsach.cli.gui"
    ),
    Command(
        "self-test",
        "try whether this copy of the tool works here: packs, match engine, worker process",
        "quetsach.cli.self_test",
    ),
    Command(
        "rescue",
        "make a stick that starts straight into the tool, for a Windows that must not run",
        "quetsach.cli.rescue",
    ),
    Command(
        "packs",
        "check, build, test, sign and publish detection and removal packs",
        examples="quetsach packs check packs/xmrig-miner\nquetsach packs build packs/xmrig-miner --out dist",
    ),
    Command(
        "packs check", "say what is wrong with packs; exit code 3 if anything is", "quetsach.cli.packs:register_check"
    ),
    Command(
        "packs build",
        "make one opaque file of a pack folder; the same folder gives the same bytes",
        "quetsach.cli.packs:register_build",
    ),
    Command(
        "packs new",
        "write a new pack folder that passes check and test as it is, with comments that teach",
        "quetsach.cli.packs:register_new",
    ),
    Command(
        "packs import",
        "make a pack that only reports of others' YARA rules, ClamAV signatures, STIX, MISP and plain lists",
        "quetsach.cli.packs_import",
    ),
    Command(
        "packs test",
        "plant the specimen of packs (this runs specimen.py), find it, remove it, put it back and remove it "
        "again, then look for it where it is not; exit code 3 if any of that fails",
        "quetsach.cli.packs_test",
    ),
    Command(
        "packs publish",
        "sign packs and tools into a repository that any web server can serve",
        "quetsach.cli.packs_publish",
    ),
    Command(
        "packs promote",
        "give everybody what the canary ring has, byte for byte",
        "quetsach.cli.packs_publish:register_promote",
    ),
    Command(
        "packs withdraw",
        "take back a pack, or one trait or rule of it; machines stop using it at their next update",
        "quetsach.cli.packs_publish:register_withdraw",
    ),
    Command(
        "packs unwithdraw",
        "let machines use again what was taken back",
        "quetsach.cli.packs_publish:register_unwithdraw",
    ),
    Command(
        "packs keys",
        "the keys that sign a repository, and the signing of its root by two people",
        "quetsach.cli.packs_keys",
    ),
    Command(
        "center",
        "the national centre: feeds, numbers, portal, signed packs",
        examples="quetsach center up\n"
        "quetsach center ingest 2020-06-16-event4_sinkhole-vn.csv --feed shadowserver\n"
        "quetsach center assess targets --campaign viet-nam-2020",
    ),
    Command(
        "center up",
        "prepare a centre and serve it: portal, API, signed repository",
        "quetsach.cli.center.arguments.measure:register_up",
    ),
    Command(
        "center country",
        "whether the folder of another country is whole",
        "quetsach.cli.center.arguments.measure:register_country",
    ),
    Command(
        "center tools",
        "the catalogue of other makers' tools: whether its links still answer",
        "quetsach.cli.center.arguments.measure:register_tools",
    ),
    Command(
        "center plan",
        "machines, disk, memory and time that a number of sightings takes, from what was measured",
        "quetsach.cli.center.arguments.measure:register_plan",
    ),
    Command(
        "center ingest",
        "take feed files into the lake, each exactly once",
        "quetsach.cli.center.arguments.feeds:register_ingest",
    ),
    Command(
        "center feeds",
        "what can be read, what was set aside and why, how the feeds are",
        "quetsach.cli.center.arguments.feeds:register_feeds",
    ),
    Command(
        "center families",
        "which names of malware wait to be placed among the families, and placing them",
        "quetsach.cli.center.arguments.feeds:register_families",
    ),
    Command(
        "center lake",
        "delete sightings at the end of their lifetime, gather small files, who read raw sightings",
        "quetsach.cli.center.arguments.measure:register_lake",
    ),
    Command(
        "center reports", "the tool reports that were received", "quetsach.cli.center.arguments.office:register_reports"
    ),
    Command(
        "center returns",
        "returns of the units: totals with completeness, who is late, all of them as data",
        "quetsach.cli.center.arguments.campaigns:register_returns",
    ),
    Command(
        "center network",
        "tables that say which AS and provider an address belongs to",
        "quetsach.cli.center.arguments.measure:register_network",
    ),
    Command(
        "center assess",
        "numbers from the sightings, each with its definition",
        examples="quetsach center assess botnets --from 2020-06-16 --to 2020-07-15\n"
        "quetsach center assess targets --campaign viet-nam-2020 --json",
    ),
    Command(
        "center assess hosts",
        "infected machines on line, counted through changing addresses, or why they cannot be counted",
        "quetsach.cli.center.arguments.figures:register_hosts",
    ),
    Command(
        "center assess botnets",
        "families ranked by mean daily addresses",
        "quetsach.cli.center.arguments.figures:register_ranking",
    ),
    Command(
        "center assess isps",
        "providers by mean daily addresses, with the rate per 1,000 announced",
        "quetsach.cli.center.arguments.figures:register_ranking",
    ),
    Command(
        "center assess places",
        "provinces by mean daily addresses",
        "quetsach.cli.center.arguments.figures:register_ranking",
    ),
    Command(
        "center assess sectors",
        "sectors by mean daily addresses, as far as feeds tell them",
        "quetsach.cli.center.arguments.figures:register_ranking",
    ),
    Command(
        "center assess cases",
        "time to clean by bot ID or subscriber, and reinfection; refused by address",
        "quetsach.cli.center.arguments.figures:register_cases",
    ),
    Command(
        "center assess priority",
        "the botnets to take on, by stated criteria, and which of them other weights would change",
        "quetsach.cli.center.arguments.figures:register_priority",
    ),
    Command(
        "center assess grades",
        "providers graded by infections per 1,000 subscribers, with rank intervals and own change",
        "quetsach.cli.center.arguments.figures:register_grades",
    ),
    Command(
        "center assess ranks",
        "rank intervals and grades of estimates with standard errors, anyone's data",
        "quetsach.cli.center.arguments.figures:register_ranks",
    ),
    Command(
        "center assess targets",
        "change of equal windows against the frozen baseline of a campaign",
        "quetsach.cli.center.arguments.figures:register_targets",
    ),
    Command(
        "center assess effect",
        "the effect of a campaign on anyone's panel: unit, period, outcome, treated",
        "quetsach.cli.center.arguments.effects:register_effect",
    ),
    Command(
        "center assess rollout",
        "draw the random order in which units begin, once, from a public seed",
        "quetsach.cli.center.arguments.effects:register_rollout",
    ),
    Command(
        "center assess fidelity",
        "when units of a roll-out really began, and who was reached before its turn",
        "quetsach.cli.center.arguments.effects:register_fidelity",
    ),
    Command(
        "center assess lot",
        "draw who gets the measure in a trial within a provider, once, from a public seed",
        "quetsach.cli.center.arguments.effects:register_lot",
    ),
    Command(
        "center assess register",
        "sign, before the start, with what and how a campaign will be judged",
        "quetsach.cli.center.arguments.effects:register_registration",
    ),
    Command(
        "center assess panel",
        "the registered panel of a campaign, week by week, as CSV for `assess effect`",
        "quetsach.cli.center.arguments.effects:register_panel",
    ),
    Command(
        "center simulate",
        "write the feed files of a country whose true numbers are known",
        "quetsach.cli.center.arguments.measure:register_simulate",
    ),
    Command(
        "center evaluate",
        "the evaluation of a campaign: pages, PDF and data in both languages",
        "quetsach.cli.center.arguments.effects:register_evaluate",
    ),
    Command(
        "center units",
        "the dated tree of provinces, districts, communes, ministries, enterprises",
        "quetsach.cli.center.arguments.campaigns:register_units",
    ),
    Command(
        "center partners",
        "vendors that report in bulk: how they count, what they sent",
        "quetsach.cli.center.arguments.office:register_partners",
    ),
    Command(
        "center people", "who works in the campaign office", "quetsach.cli.center.arguments.office:register_people"
    ),
    Command(
        "center audit",
        "the log of the campaign office: is it whole, and as a file",
        "quetsach.cli.center.arguments.office:register_audit",
    ),
    Command(
        "center figures",
        "figures: what is published, what waits for two people, and publishing what they agreed to",
        "quetsach.cli.center.arguments.measure:register_figures",
    ),
    Command(
        "center campaigns",
        "campaigns: their plans, how they stand, their archive, the next one",
        "quetsach.cli.center.arguments.campaigns:register_campaigns",
    ),
    Command(
        "center letters",
        "official letters: how far they have come, sending, reminders, bounces, signatures",
        "quetsach.cli.center.arguments.campaigns:register_letters",
    ),
    Command(
        "center publicity",
        "publicity kits of units and how far they came",
        "quetsach.cli.center.arguments.office:register_publicity",
    ),
    Command(
        "center helpdesk",
        "cases of people who asked for help",
        "quetsach.cli.center.arguments.office:register_helpdesk",
    ),
    Command(
        "center settings",
        "the centre's settings, kept in its data folder: list, show, change",
        "quetsach.cli.center.arguments.office:register_settings",
    ),
)
"""All of them, in the order of the help. What people download is without ``rescue``, ``packs`` and ``center``."""


def below(words: str) -> tuple[Command, ...]:
    """Return the commands of a group, or the first words for an empty text."""
    return tuple(command for command in COMMANDS if command.words.rpartition(" ")[0] == words)
