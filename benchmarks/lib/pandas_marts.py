"""Three marts (messages, threads, resolution) with pandas, as an experienced user writes them.

The updates are read once, with the columns needed, and everything works on whole columns.
"""

from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa

import tg_pipeline.questions.clustering  # noqa: F401 - imports are not measured
from lib.measure import StageCosts, Stopwatch
from tg_pipeline.questions import find_questions

READING: Final = "reading the updates"
FINDING: Final = "finding questions"

PANDAS_MARTS: Final = ("messages", "threads", "resolution")

NULLABLE: Final = {pa.int64(): pd.Int64Dtype(), pa.string(): pd.StringDtype()}
"""The types that the updates are read with: a missing id makes no other id a float."""

SENT: Final = ["message", "channel_post", "business_message", "guest_message"]
EDITED: Final = ["edited_message", "edited_channel_post", "edited_business_message"]
UPDATE_COLUMNS: Final = (
    "bot_id update_id update_type event_at received_at chat_id chat_type chat_title user_id "
    "user_is_bot user_first_name sender_chat_id message_id date edit_date message_thread_id "
    "reply_to_message_id content_type text caption command command_args forward_origin_type "
    "migrate_to_chat_id migrate_from_chat_id"
).split()

KEY: Final = ["bot_id", "kind", "chat_id", "message_id", "key_update"]
PLACE: Final = ["bot_id", "kind", "chat_id", "topic_id"]
QUESTION: Final = ["bot_id", "kind", "chat_id", "message_id", "sent_at"]
QUESTION_COLUMNS: Final = ["bot_id", "kind", "chat_id", "message_id", "user_id", "sent_at", "text"]

CONTENT_TYPES: Final = (
    "text rich_message animation audio checklist contact dice document game invoice live_photo "
    "location paid_media photo poll sticker story venue video video_note voice"
).split()
"""Content types of a message that somebody wrote; all others are service messages."""

MESSAGE_COLUMNS: Final = (
    "bot_id kind chat_id chat_id_then message_id update_id chat_type chat_title topic_id user_id "
    "user_first_name speaker_id is_bot sent_at sent_on edited_at edits reply_to_message_id "
    "content_type is_service text command command_args is_forward"
).split()

THANKS: Final = (
    r"\b(?:obrigad[oa]s?|brigad[oa]|agradeço|agradecid[oa]s?|valeu|vlw|thanks|thank you|thx|ty"
    r"|gracias|agradezco)\b"
)
ANSWERED_WITHIN: Final = pd.Timedelta(hours=1)
THANKED_WITHIN: Final = pd.Timedelta(hours=1)
ASKED_AGAIN_WITHIN: Final = pd.Timedelta(days=1)


def build_with_pandas(lake: Path, target: Path, zone: str) -> StageCosts:
    """Build the marts from the lake, and write each to a file in `target`."""
    stopwatch = Stopwatch()
    with stopwatch.stage(READING):
        updates = read_updates(lake)
    with stopwatch.stage("messages"):
        built = messages(updates, zone)
        _write(built, target / "messages.parquet")
    with stopwatch.stage(FINDING):
        asked = pa.Table.from_pandas(written_by_people(built), preserve_index=False)
        questions = find_questions(asked).to_pandas(types_mapper=NULLABLE.get)
    with stopwatch.stage("threads"):
        answers = threads(built, questions)
        _write(answers, target / "threads.parquet")
    with stopwatch.stage("resolution"):
        _write(resolution(built, answers), target / "resolution.parquet")
    return stopwatch.costs()


def read_updates(lake: Path) -> pd.DataFrame:
    """Return enriched_updates of all days in one frame."""
    return pd.read_parquet(
        lake / "enriched_updates", columns=UPDATE_COLUMNS, dtype_backend="numpy_nullable"
    )


def messages(updates: pd.DataFrame, zone: str) -> pd.DataFrame:
    """Return the last version of each message, in its current chat."""
    versions = _versions(updates)
    latest = _latest(versions)
    latest["topic_id"] = _topics(latest, versions)
    latest["chat_id_then"] = latest["chat_id"]
    latest["chat_id"] = latest["chat_id"].map(_migrations(updates)).fillna(latest["chat_id"])
    return _message_columns(latest, zone)[MESSAGE_COLUMNS].sort_values(
        ["bot_id", "chat_id", "sent_at", "message_id", "kind", "update_id"]
    )


def written_by_people(messages: pd.DataFrame) -> pd.DataFrame:
    """Return the messages that may be questions."""
    text = messages["text"].where(messages["command"].isna(), messages["command_args"])
    is_own = (
        messages["user_id"].notna()
        & ~messages["is_bot"]
        & ~messages["is_forward"]
        & messages["chat_id"].notna()
        & (messages["message_id"] > 0)
        & text.notna()
    )
    return messages.assign(text=text).loc[is_own, QUESTION_COLUMNS]


def threads(messages: pd.DataFrame, questions: pd.DataFrame) -> pd.DataFrame:
    """Return each question with the first reply to it, or else the next message of another."""
    ordered = _in_order(messages, questions)
    asked = ordered[ordered["group_id"].notna()]
    replied, followed = _first_reply(asked, ordered), _next_message(asked, ordered)
    through = pd.Series("next", asked.index, dtype="string").where(followed.notna())
    answers = replied.fillna(followed)
    through = through.mask(replied.notna(), "reply")
    return _thread_columns(asked, ordered.reindex(answers).set_axis(asked.index), through)


def resolution(messages: pd.DataFrame, threads: pd.DataFrame) -> pd.DataFrame:
    """Return the number of questions by outcome, per week and in total."""
    counted = _outcomes(messages, threads)
    counts = [*counted.columns[2:]]
    weeks = counted.groupby(["bot_id", "week"], as_index=False)[counts].sum()
    total = counted.groupby("bot_id", as_index=False)[counts].sum()
    found = pd.concat([weeks, total], ignore_index=True)
    visible = found["answered"] + found["unanswered"]
    return found.assign(resolved_share=found["resolved"] / visible.replace(0, pd.NA))


def _versions(updates: pd.DataFrame) -> pd.DataFrame:
    written = updates[updates["update_type"].isin(SENT + EDITED)]
    begun = pd.to_datetime(written["date"].replace(0, pd.NA), unit="s", utc=True)
    is_alone = written["message_id"].fillna(0) == 0
    return written.assign(
        kind=written["update_type"].str.removeprefix("edited_"),
        is_edit=written["update_type"].isin(EDITED),
        sent_at=begun.fillna(written["event_at"]).fillna(written["received_at"]),
        key_update=written["update_id"].where(is_alone, 0),
    )


def _latest(versions: pd.DataFrame) -> pd.DataFrame:
    is_contested = versions.duplicated(KEY, keep=False)
    alone = versions[~is_contested].assign(edits=versions["is_edit"].astype("int64"))
    contested = versions[is_contested].assign(edit_date=versions["edit_date"].fillna(0))
    contested = contested.sort_values(["edit_date", "update_id", "received_at"])
    same = contested.groupby(KEY, dropna=False)
    contested = contested.assign(
        sent_at=same["sent_at"].transform("min"), edits=same["is_edit"].transform("sum")
    )
    return pd.concat([alone, contested.drop_duplicates(KEY, keep="last")], ignore_index=True)


def _topics(latest: pd.DataFrame, versions: pd.DataFrame) -> pd.Series:
    """Return the threads that are topics: those that do not begin with an ordinary message."""
    place = ["bot_id", "kind", "chat_id"]
    heads = versions.loc[versions["content_type"] != "forum_topic_created", [*place, "message_id"]]
    threads = latest[[*place, "message_thread_id"]].dropna().drop_duplicates()
    heads = (
        heads.rename(columns={"message_id": "message_thread_id"}).merge(threads).drop_duplicates()
    )
    found = latest[[*place, "message_thread_id"]].merge(heads, how="left", indicator=True)
    return latest["message_thread_id"].mask((found["_merge"] == "both").to_numpy())


def _migrations(updates: pd.DataFrame) -> pd.Series:
    """Return the new id of each chat that became a supergroup."""
    migrated = updates.assign(moved_at=updates["event_at"].fillna(updates["received_at"]))
    old = migrated.dropna(subset="migrate_to_chat_id")
    new = migrated.dropna(subset="migrate_from_chat_id")
    both = pd.concat(
        [
            pd.DataFrame(
                {"old": old["chat_id"], "new": old["migrate_to_chat_id"], "at": old["moved_at"]}
            ),
            pd.DataFrame(
                {"old": new["migrate_from_chat_id"], "new": new["chat_id"], "at": new["moved_at"]}
            ),
        ]
    )
    return both.sort_values("at").drop_duplicates("old", keep="last").set_index("old")["new"]


def _message_columns(latest: pd.DataFrame, zone: str) -> pd.DataFrame:
    is_user = latest["sender_chat_id"].isna()
    replies = latest["reply_to_message_id"]
    edited = latest["edit_date"].replace(0, pd.NA)
    return latest.assign(
        speaker_id=latest["sender_chat_id"].fillna(latest["user_id"]),
        user_first_name=latest["user_first_name"].where(is_user),
        is_bot=is_user & latest["user_is_bot"].fillna(value=False),
        user_id=latest["user_id"].where(is_user),
        sent_on=_local_days(latest["sent_at"], zone),
        edited_at=pd.to_datetime(edited, unit="s", utc=True),
        reply_to_message_id=replies.mask((replies == latest["topic_id"]).fillna(value=False)),
        is_service=latest["content_type"].notna() & ~latest["content_type"].isin(CONTENT_TYPES),
        text=latest["text"].fillna(latest["caption"]),
        is_forward=latest["forward_origin_type"].notna(),
    )


def _in_order(messages: pd.DataFrame, questions: pd.DataFrame) -> pd.DataFrame:
    """Return the messages by place and time; the index is their position."""
    groups = questions[[*QUESTION, "group_id", "group_name"]]
    ordered = messages[~messages["is_service"]].merge(groups, how="left", on=QUESTION)
    ordered = ordered.sort_values([*PLACE, "sent_at", "message_id", "update_id"], ignore_index=True)
    return ordered.assign(position=ordered.index.astype("Int64"))


def _first_reply(asked: pd.DataFrame, ordered: pd.DataFrame) -> pd.Series:
    at = ["bot_id", "kind", "chat_id_then"]
    replies = ordered.loc[
        ordered["reply_to_message_id"].notna(),
        [*at, "reply_to_message_id", "speaker_id", "position"],
    ]
    pairs = asked.merge(
        replies,
        left_on=[*at, "message_id"],
        right_on=[*at, "reply_to_message_id"],
        suffixes=("", "_answer"),
    )
    pairs = pairs[_differ(pairs["speaker_id"], pairs["speaker_id_answer"])]
    return pairs.groupby("position")["position_answer"].min().reindex(asked.index).astype("Int64")


def _next_message(asked: pd.DataFrame, ordered: pd.DataFrame) -> pd.Series:
    """Return the next message of another sender within the hour, if it is a plain message."""
    is_free = (
        ordered["reply_to_message_id"].isna()
        & ordered["command"].isna()
        & ordered["group_id"].isna()
    )
    free = ordered[is_free]
    places = free.groupby(PLACE, dropna=False, sort=False)
    is_change = _differ(free["speaker_id"], places["speaker_id"].shift()) | (places.cumcount() == 0)
    changes = free["position"].where(is_change)
    next_speaker = _next_in_place(changes, free)
    next_position = _next_in_place(ordered["position"].where(is_free), ordered).reindex(asked.index)
    speaker = ordered["speaker_id"].reindex(next_position).set_axis(asked.index)
    other = next_speaker.reindex(next_position).set_axis(asked.index)
    position = next_position.where(_differ(speaker, asked["speaker_id"]), other)
    wait = ordered["sent_at"].reindex(position).set_axis(asked.index) - asked["sent_at"]
    return position.where(wait <= ANSWERED_WITHIN)


def _next_in_place(positions: pd.Series, rows: pd.DataFrame) -> pd.Series:
    """Return the first of the positions after each row, in its place."""
    keys = [rows[name] for name in PLACE]
    next_row = positions.groupby(keys, dropna=False, sort=False).shift(-1)
    return next_row.groupby(keys, dropna=False, sort=False).bfill()


def _differ(one: pd.Series, other: pd.Series) -> pd.Series:
    """Return where two differ; null equals null."""
    return (one != other).fillna(value=False) | (one.isna() != other.isna())


def _thread_columns(asked: pd.DataFrame, answers: pd.DataFrame, through: pd.Series) -> pd.DataFrame:
    is_group = (asked["kind"] == "message") & (asked["chat_type"] != "private").fillna(value=True)
    columns = [*PLACE, "message_id", "user_id", "group_id", "group_name"]
    return asked[columns].assign(
        asked_at=asked["sent_at"],
        week=_mondays(asked["sent_on"]),
        is_answer_visible=(asked["kind"] == "business_message") | is_group,
        answer_message_id=answers["message_id"],
        answerer_id=answers["speaker_id"],
        answered_by=answers["is_bot"].map({True: "bot", False: "human"}).astype("string"),
        answered_through=through,
        answered_at=answers["sent_at"],
        seconds_to_answer=_seconds(answers["sent_at"]) - _seconds(asked["sent_at"]),
    )


def _seconds(moments: pd.Series) -> pd.Series:
    """Return whole seconds since 1970."""
    return moments.dt.floor("s").astype("int64[pyarrow]") // 1_000_000


def _outcomes(messages: pd.DataFrame, threads: pd.DataFrame) -> pd.DataFrame:
    visible = threads["is_answer_visible"]
    answered = visible & threads["answered_by"].notna()
    asked_again = visible & _is_asked_again(threads)
    return threads[["bot_id", "week"]].assign(
        questions=1,
        unseen=~visible,
        unanswered=visible & threads["answered_by"].isna(),
        answered=answered,
        answered_by_bot=answered & (threads["answered_by"] == "bot"),
        answered_by_reply=answered & (threads["answered_through"] == "reply"),
        thanked=visible & _is_thanked(messages, threads),
        asked_again=asked_again,
        resolved=answered & ~asked_again,
    )


def _is_asked_again(threads: pd.DataFrame) -> pd.Series:
    ordered = threads.sort_values(["asked_at", "chat_id", "message_id", "kind"])
    asked = ordered.groupby(["bot_id", "user_id", "group_id"], dropna=False)["asked_at"]
    is_soon = asked.shift(-1) - ordered["asked_at"] <= ASKED_AGAIN_WITHIN
    return (is_soon & (ordered["group_id"] >= 0)).reindex(threads.index)


def _is_thanked(messages: pd.DataFrame, threads: pd.DataFrame) -> pd.Series:
    by = [*PLACE, "user_id"]
    thanks = _thanks(messages, threads).assign(happened_at=lambda rows: rows["sent_at"])
    answered = threads.dropna(subset="answered_at").assign(
        happened_at=lambda rows: rows["answered_at"]
    )
    found = pd.merge_asof(
        answered[[*by, "happened_at"]]
        .fillna(dict.fromkeys(by[2:], 0))
        .reset_index()
        .sort_values("happened_at"),
        thanks[[*by, "happened_at", "sent_at"]]
        .fillna(dict.fromkeys(by[2:], 0))
        .sort_values("happened_at"),
        on="happened_at",
        by=by,
        direction="forward",
        tolerance=THANKED_WITHIN,
    )
    return found.set_index("index")["sent_at"].notna().reindex(threads.index, fill_value=False)


def _thanks(messages: pd.DataFrame, threads: pd.DataFrame) -> pd.DataFrame:
    """Return the messages of thanks, in Portuguese, English or Spanish, that are not questions."""
    ordered = messages[messages["text"].str.lower().str.contains(THANKS).fillna(value=False)]
    asked = threads[["bot_id", "kind", "chat_id", "message_id", "asked_at"]].set_axis(
        QUESTION, axis=1
    )
    found = ordered.merge(asked, how="left", on=QUESTION, indicator=True)
    return found[found["_merge"] == "left_only"]


def _write(frame: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    frame.to_parquet(path, index=False)


def _local_days(moments: pd.Series, zone: str) -> pd.Series:
    return moments.dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()


def _mondays(days: pd.Series) -> pd.Series:
    return days - pd.to_timedelta(days.dt.weekday, unit="D")
