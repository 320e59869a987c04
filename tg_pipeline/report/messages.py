"""The texts that people read as results: one TOML file per language, decoded into one struct tree.

A missing or unknown key, or a text of the wrong type, raises msgspec.ValidationError when the
language is loaded. To add a language, add `locales/<name>.toml`.
"""

from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

_LOCALES: Final = files(__package__).joinpath("locales")

DEFAULT_LANGUAGE: Final = "en"

LANGUAGES: Final = tuple(
    sorted(
        (
            path.name.removesuffix(".toml")
            for path in _LOCALES.iterdir()
            if path.name.endswith(".toml")
        ),
        key=lambda name: (name != DEFAULT_LANGUAGE, name),
    )
)
"""The names that `--lang` accepts: those of the TOML files, the default first."""


class MessageGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The texts of a TOML table."""


class Plural(MessageGroup, frozen=True):
    """A noun or a text by CLDR plural category; a category without a form has that of `other`.

    https://cldr.unicode.org/index/cldr-spec/plural-rules
    """

    other: str
    zero: str = ""
    """Also the form of the number 0, where the language counts it as one but people do not."""
    one: str = ""
    two: str = ""
    few: str = ""
    many: str = ""

    def form(self, category: str) -> str:
        """Return the form for a category, such as `one`."""
        form: str = getattr(self, category)
        return form or self.other


class DateMessages(MessageGroup, frozen=True):
    """CLDR patterns of dates on axes."""

    axis_day: str
    axis_date: str


class NounMessages(MessageGroup, frozen=True):
    """The counted nouns."""

    bot: Plural
    message: Plural
    person: Plural
    question: Plural
    issue: Plural
    answer: Plural
    call: Plural
    day: Plural
    other_hour: Plural
    other_topic: Plural
    other_person: Plural
    week: Plural
    time: Plural
    line: Plural
    duplicate: Plural
    update: Plural
    member_gained: Plural
    member_lost: Plural


class PageMessages(MessageGroup, frozen=True):
    """The frame of the page."""

    kind: str
    title: str
    skip: str
    contents: str
    kpis: str
    numbers: str
    no_charts: str
    source: str
    last_landed: str
    empty_lake: str
    empty_lake_lead: str
    no_activity: str
    not_built: str
    bar: str
    no_name: str
    bot: str
    chat: str
    about: str
    cases: str
    incomplete: str
    pale: str
    person: str
    footer: str


class SummaryMessages(MessageGroup, frozen=True):
    """The key figures."""

    not_over: str
    no_comparison: str
    messages: str
    people: str
    questions: str
    answered_share: str
    median_time: str
    net_members: str
    contained_share: str
    fallback_note: str
    bot_median_time: str
    up_by: str
    down_by: str
    up: str
    down: str
    before: str
    unchanged: str
    unknown: str
    placebo: str
    no_difference: str
    too_few: str


class OverviewMessages(MessageGroup, frozen=True):
    """The overview, which the page's script writes as well."""

    lead_when: str
    lead_asks: str
    lead_nothing: str
    lead_nothing_asked: str
    nothing_selected: str
    lead_what: str
    lead_private: str
    lead_elsewhere: str
    lead_answered: str
    lead_no_questions: str
    unclear: str
    lead_unseen: str
    slot: str
    when: str
    when_asked: str
    what: str
    who: str
    help: str
    since_last_week: str
    slowest_chat: str
    of_all: str
    tied: str
    no_topics: str
    nothing_asked: str
    no_new_issue: str
    private: str
    again: str
    fallback: str
    elsewhere: str
    answered: str
    unseen: str
    other_questions: str
    small_talk: str
    topics_title: str
    topics_limit: str
    groups: str
    wordings: str
    times: str
    no_group: str
    other_wordings: str
    topic_answered: str
    topic_unseen: str
    hours_caption: str
    hours_asked: str
    weeks_title: str
    weeks_caption: str
    week: str
    in_private: str
    elsewhere_column: str
    trend: str
    trend_private: str
    trend_elsewhere: str
    trend_answered: str
    trend_elsewhere_unclear: str
    trend_answered_unclear: str
    change_private: str
    change_elsewhere: str
    change_answered: str
    change_questions: str
    no_weeks: str
    better: str
    worse: str
    no_difference: str
    few_cases: str
    chats_title: str
    chats_caption: str
    chat: str
    messages: str
    people: str
    questions: str
    answered_column: str
    half_within: str
    slowest: str
    half_longer: str
    no_slowest: str
    chats_limit: str
    chats_left_out: str
    private_chats: str
    other_chats: str
    askers_title: str
    askers_caption: str
    askers: str
    person: str
    other_person: str
    filters: str
    period: str
    all_days: str
    last_days: str
    week_of: str
    all_chats: str
    all_people: str
    shown: str
    shown_questions: str
    no_filters: str
    whole_period_only: str
    details: str
    csv: str
    csv_of: str


class ActivityMessages(MessageGroup, frozen=True):
    """Activity over time."""

    title: str
    finding: str
    one_day: str
    nothing: str
    people: str
    messages_label: str
    people_label: str
    on_the_day: str
    in_a_week: str
    in_a_month: str
    tip: str
    day: str
    messages: str
    limit: str
    limit_messages: str
    limit_active: str
    limit_start: str


class HourMessages(MessageGroup, frozen=True):
    """The hours of the week."""

    title: str
    finding: str
    nothing: str
    hour: str
    range: str
    weekdays: tuple[str, str, str, str, str, str, str]
    """Recurring weekdays, Monday first."""
    limit: str


class QuestionMessages(MessageGroup, frozen=True):
    """The frequent questions."""

    title: str
    finding: str
    no_groups: str
    nothing: str
    no_texts: str
    rising: str
    caption: str
    question: str
    language: str
    count: str
    by_week: str
    week_counts: str
    others: str
    limit: str


class AnswerMessages(MessageGroup, frozen=True):
    """The outcome of questions."""

    title: str
    finding: str
    fewer: str
    unclear: str
    few: str
    invisible: str
    nothing: str
    by_rule: str
    evidence: str
    unknown: str
    unanswered: str
    placebo: str
    no_placebo: str
    thanked: str
    thanked_unclear: str
    thanked_few: str
    asked_again: str
    label: str
    tip: str
    by_bot: str
    by_people: str
    not_known: str
    not_answered: str
    week: str
    thanks: str
    again: str
    unseen: str
    limit_issue: str
    limit_bot: str
    left_out: str
    limit_answer: str
    limit_again: str


class ResponseTimeMessages(MessageGroup, frozen=True):
    """Response times."""

    title: str
    finding: str
    unclear: str
    few: str
    nothing: str
    measured: str
    placebo: str
    no_placebo: str
    business: str
    by_bot: str
    by_people: str
    bot: str
    people: str
    label: str
    tip: str
    week: str
    who: str
    answers: str
    median: str
    p90: str
    legend: str
    limit: str
    limit_bot: str


class HelpMessages(MessageGroup, frozen=True):
    """Whether the bot helps in private chats."""

    title: str
    finding: str
    invisible: str
    answered: str
    asked_again: str
    fallback: str
    fallback_many: str
    silent: str
    unknown: str
    median: str
    label: str
    tip: str
    week: str
    contained: str
    again: str
    not_knowing: str
    no_answer: str
    not_known: str
    unseen: str
    texts: str
    text: str
    count: str
    limit: str
    limit_unseen: str
    left_out: str
    limit_fallback: str


class CallMessages(MessageGroup, frozen=True):
    """The bot's calls."""

    title: str
    finding: str
    all_succeeded: str
    blocked: str
    rate_limited: str
    unknown: str
    caption: str
    method: str
    count: str
    refused: str
    limited: str
    errors: str
    mean: str
    milliseconds: str
    rest: str
    limit: str


class SourceMessages(MessageGroup, frozen=True):
    """Where people come from."""

    title: str
    finding: str
    finding_none: str
    returned: str
    none: str
    caption: str
    name: str
    people: str
    after_7: str
    after_28: str
    rest: str
    limit: str
    limit_returned: str


class BlockMessages(MessageGroup, frozen=True):
    """Who blocks the bot."""

    title: str
    finding: str
    label: str
    blocked: str
    unblocked: str
    tip: str
    net: str
    limit: str


class MemberMessages(MessageGroup, frozen=True):
    """Joins and leaves."""

    title: str
    finding: str
    as_many: str
    nothing: str
    label: str
    joined: str
    left: str
    tip: str
    net: str
    limit: str


class RetentionMessages(MessageGroup, frozen=True):
    """Returning people."""

    title: str
    finding: str
    few: str
    too_short: str
    label: str
    tip: str
    cohort: str
    size: str
    limit: str
    limit_first: str


class PeopleMessages(MessageGroup, frozen=True):
    """The most active people."""

    title: str
    finding: str
    nothing: str
    caption: str
    name: str
    messages: str
    days: str
    limit: str


class HealthMessages(MessageGroup, frozen=True):
    """The state of the data."""

    title: str
    fine: str
    partial: str
    behind: str
    nothing: str
    broken: str
    outside: str
    lost: str
    none_lost: str
    label: str
    ok: str
    late: str
    missing: str
    tip: str
    day: str
    landed: str
    updates: str
    quarantined: str
    duplicates: str
    state: str
    gaps: str
    bot: str
    missing_ids: str
    marts_behind: str
    limit_gaps: str
    limit_all: str
    limit_no_texts: str
    limit_pseudonyms: str
    limit_since: str
    limit_filter: str
    limit_late: str


class CategoryMessages(MessageGroup, frozen=True):
    """A ranking: of commands, kinds of content, or reactions."""

    title: str
    finding: str
    nothing: str
    caption: str
    name: str
    count: str
    share: str
    rest: str
    limit: str
    names: dict[str, str] = {}
    """Labels of the Bot API's own keys; a key without a label is shown as it is."""


class DigestKindMessages(MessageGroup, frozen=True):
    """The texts that differ between a day and a week."""

    title: str
    busiest: str
    chart: str
    legend: str
    """Of a chart with a previous period."""


class DigestMessages(MessageGroup, frozen=True):
    """The digest."""

    asked_most: str
    late: str
    unreadable: str
    day: DigestKindMessages
    week: DigestKindMessages


class TerminalMessages(MessageGroup, frozen=True):
    """What `tg-pipeline summary` prints."""

    lake: str
    layer: str
    days: str
    rows: str
    bytes: str
    duplicates: str
    quarantined: str
    busiest: str
    hour: str
    messages: str
    active: str
    person: str
    asked: str
    topic: str
    questions: str
    helps: str
    not_known: str
    unrecorded: str
    no_messages: str


class DayStatusMessages(MessageGroup, frozen=True):
    """The statuses of days, by the values of `DayStatus`."""

    built: Plural
    late: Plural
    missing: Plural
    open: Plural
    empty: Plural
    damaged: Plural
    expired: Plural


class StatusMessages(MessageGroup, frozen=True):
    """What `tg-pipeline status` prints."""

    rows: str
    day: str
    objects: str
    nothing_landed: str
    sample: str
    next: str
    dead_letters: Plural
    moved_chat: str
    days: DayStatusMessages


class ProblemMessages(MessageGroup, frozen=True):
    """What `tg-pipeline status` and `run` find."""

    overdue: str
    without_marts: str
    conflicts: Plural
    unreadable_name: str
    more_names: Plural
    odd_folder: str
    queued_run: str
    stuck_run: str
    minutes: Plural
    unknown_runs: str


class OutsideMessages(MessageGroup, frozen=True):
    """Landed days that have no partition."""

    landed: str
    objects: Plural
    days: Plural
    absent: Plural
    before_start: str
    future: str
    tomorrow: str
    too_old: str
    too_early: str
    clocks: str
    wait: str
    move: str


class GapMessages(MessageGroup, frozen=True):
    """Missing update ids, and why they may be missing."""

    update: str
    updates: str
    several: str
    on: str
    between: str
    more: Plural
    unnamed_bot: str
    numbering: Plural
    not_kept: str
    outside: str
    filtered: str
    forgotten: str
    unreadable: str
    lines: Plural
    bodies: Plural
    lines_and_bodies: str
    imported: str
    inexact: str
    pending: str
    not_built: str
    silence: Plural
    lost: str


class BuildMessages(MessageGroup, frozen=True):
    """What `run`, `daily`, `expire`, `digest` and `quarantine replay` print."""

    built: Plural
    built_marts: str
    changed: Plural
    nothing_new: str
    nothing_due: str
    expired: Plural
    would_expire: Plural
    all_kept: str
    rebuilt: str
    none_to_replay: str
    replayed: str
    no_digest: str
    not_built: str
    marts_behind: str
    text: str
    chart: str
    sent: str
    sent_before: str
    in_doubt: str


class AlertMessages(MessageGroup, frozen=True):
    """Alerts about failed runs."""

    failed: str
    of_days: str
    span: str
    no_reason: str
    missing_day: Plural
    not_conserved: str
    run: str


class Messages(MessageGroup, frozen=True):
    """All texts in one language."""

    locale: str
    """BCP 47; a locale that CLDR has data for."""
    dates: DateMessages
    nouns: NounMessages
    page: PageMessages
    summary: SummaryMessages
    overview: OverviewMessages
    activity: ActivityMessages
    hours: HourMessages
    questions: QuestionMessages
    help: HelpMessages
    answers: AnswerMessages
    response_times: ResponseTimeMessages
    commands: CategoryMessages
    content: CategoryMessages
    reactions: CategoryMessages
    buttons: CategoryMessages
    sources: SourceMessages
    blocks: BlockMessages
    calls: CallMessages
    members: MemberMessages
    retention: RetentionMessages
    people: PeopleMessages
    health: HealthMessages
    digest: DigestMessages
    terminal: TerminalMessages
    status: StatusMessages
    problems: ProblemMessages
    outside: OutsideMessages
    gaps: GapMessages
    builds: BuildMessages
    alerts: AlertMessages


@cache
def load_messages(language: str) -> Messages:
    """Load a language of LANGUAGES; raises msgspec.ValidationError for a faulty file."""
    return msgspec.toml.decode(_LOCALES.joinpath(f"{language}.toml").read_bytes(), type=Messages)
