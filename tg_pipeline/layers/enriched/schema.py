"""The columns of enriched_updates: the one declaration of their types, meanings and origins."""

from typing import Annotated, Final

from tg_pipeline.layers.schema import (
    Layer,
    Role,
    Row,
    always,
    boolean,
    int64,
    int64s,
    string,
    strings,
    timestamp,
)

Text = str | None
Number = int | None
Flag = bool | None
Texts = list[str] | None
Numbers = list[int] | None


class EnrichedUpdate(Row):
    """One update, flat. A column that does not apply to its type is null."""

    message_id: Annotated[
        Number,
        int64(
            "`message_id` of the message, or of the one that a callback or a reaction is about; "
            "unique within its chat only. Negative for exported messages of private chats and "
            "basic groups, where each account has its own ids."
        ),
        Role.PLAIN,
    ] = None
    user_id: Annotated[
        Number,
        int64("The account that acted: `from.id`, `user.id`, or the booster's; see `person_id`."),
        Role.ACCOUNT,
    ] = None
    user_is_bot: Annotated[Flag, boolean("`is_bot` of the user who acted."), Role.PLAIN] = None
    user_first_name: Annotated[Text, string("`first_name` of the user who acted."), Role.NAME] = (
        None
    )
    chat_id: Annotated[
        Number,
        int64(
            "`chat.id`; of a callback, the chat of its message; of a business connection, "
            "`user_chat_id`."
        ),
        Role.ACCOUNT,
    ] = None
    chat_type: Annotated[
        Text,
        string("`chat.type`: private, group, supergroup or channel; as for `chat_id`."),
        Role.PLAIN,
    ] = None
    text: Annotated[
        Text,
        string(
            "`text` of the message, or the text of all blocks of its `rich_message`; null for a "
            "message without text."
        ),
        Role.WRITTEN,
    ] = None
    date: Annotated[
        Number,
        int64("`date` as it came, in Unix seconds: for an edit, when it was first sent."),
        Role.PLAIN,
    ] = None
    bot_id: Annotated[int, always(int64("The bot that got the update.")), Role.PLAIN] = 0
    update_id: Annotated[int, always(int64("`update_id`, unique per bot.")), Role.PLAIN] = 0
    update_type: Annotated[
        Text,
        string(
            "The key besides `update_id`, known or not; of several, the one with a content; null "
            "if there is none."
        ),
        Role.PLAIN,
    ] = None
    event_at: Annotated[
        Number,
        timestamp(
            "When it happened, in UTC: `date`, `edit_date` of an edit, `add_date` or `remove_date` "
            "of a boost; null for updates without a time of their own (callbacks, queries, …)."
        ),
        Role.PLAIN,
    ] = None
    received_at: Annotated[
        int, always(timestamp("When ingestion received it, in UTC: see raw_updates.")), Role.PLAIN
    ] = 0
    content_type: Annotated[
        Text,
        string(
            "What the message contains, by the Bot API's own key: text, photo, rich_message, "
            "new_chat_members, …; also a key that is newer than this table."
        ),
        Role.PLAIN,
    ] = None
    edit_date: Annotated[
        Number, int64("`edit_date` of the message, in Unix seconds."), Role.PLAIN
    ] = None
    user_username: Annotated[
        Text, string("`username` of the user who acted, without @."), Role.USERNAME
    ] = None
    user_language_code: Annotated[
        Text, string("`language_code` of the user's app, such as pt-br."), Role.PLAIN
    ] = None
    user_is_premium: Annotated[
        Flag,
        boolean("`is_premium` of the user who acted; null where Telegram does not say."),
        Role.PLAIN,
    ] = None
    chat_title: Annotated[Text, string("`chat.title`; null for private chats."), Role.CHAT_NAME] = (
        None
    )
    chat_username: Annotated[Text, string("`chat.username`, without @."), Role.CHAT_NAME] = None
    sender_chat_id: Annotated[
        Number,
        int64(
            "The chat that acted instead of a user: `sender_chat.id` (a channel, an anonymous "
            "administrator), `actor_chat.id` of a reaction, `voter_chat.id` of a vote."
        ),
        Role.ACCOUNT,
    ] = None
    message_thread_id: Annotated[
        Number,
        int64(
            "`message_thread_id`: a forum topic if `is_topic_message`, else a thread of replies or "
            "comments."
        ),
        Role.PLAIN,
    ] = None
    caption: Annotated[Text, string("`caption` of a photo, video, document, …."), Role.WRITTEN] = (
        None
    )
    text_length: Annotated[
        Number, int64("Characters (code points) of the text, or else of the caption."), Role.PLAIN
    ] = None
    command: Annotated[
        Text,
        string(
            "The bot command that the text or caption begins with, in lower case, without / and "
            "without @bot: an entity `bot_command` at offset 0."
        ),
        Role.PLAIN,
    ] = None
    command_args: Annotated[
        Text, string("What follows the command, trimmed; null if nothing."), Role.WRITTEN
    ] = None
    reply_to_message_id: Annotated[
        Number,
        int64("`reply_to_message.message_id`: the message answered, in the same chat."),
        Role.PLAIN,
    ] = None
    reply_to_user_id: Annotated[
        Number, int64("`reply_to_message.from.id`: who wrote the message answered."), Role.ACCOUNT
    ] = None
    reply_to_user_is_bot: Annotated[
        Flag, boolean("`reply_to_message.from.is_bot`."), Role.PLAIN
    ] = None
    forward_origin_type: Annotated[
        Text,
        string(
            "`forward_origin.type`: user, hidden_user, chat or channel; for updates from before "
            "2024 told from the `forward_…` fields of that time."
        ),
        Role.PLAIN,
    ] = None
    via_bot_id: Annotated[
        Number,
        int64("`via_bot.id`: the inline bot that the message was written through."),
        Role.PLAIN,
    ] = None
    media_group_id: Annotated[
        Text, string("`media_group_id`: the same for all messages of one album."), Role.PLAIN
    ] = None
    entity_types: Annotated[
        Texts, strings("`type` of each entity of the text or caption, in their order."), Role.PLAIN
    ] = None
    hashtags: Annotated[
        Texts, strings("The hashtags of the text or caption as written."), Role.WRITTEN
    ] = None
    url_count: Annotated[
        Number, int64("Links in the text or caption: entities `url` and `text_link`."), Role.PLAIN
    ] = None
    mention_count: Annotated[
        Number, int64("Mentions in it: entities `mention` and `text_mention`."), Role.PLAIN
    ] = None
    file_unique_id: Annotated[
        Text,
        string("`file_unique_id` of the message's file; of a photo's largest size."),
        Role.PLAIN,
    ] = None
    file_size: Annotated[Number, int64("`file_size` of that file, in bytes."), Role.PLAIN] = None
    mime_type: Annotated[
        Text, string("`mime_type` of that file, as its sender gave it."), Role.PLAIN
    ] = None
    duration: Annotated[
        Number, int64("`duration` of that audio, video or voice, in seconds."), Role.PLAIN
    ] = None
    callback_data: Annotated[
        Text, string("`callback_query.data`: what the button says."), Role.WRITTEN
    ] = None
    query: Annotated[
        Text, string("`query` of an inline_query or a chosen_inline_result."), Role.WRITTEN
    ] = None
    reactions_added: Annotated[
        Texts,
        strings(
            "Reactions in `new_reaction` that are not in `old_reaction`: the emoji, "
            "`custom:<id>`, or `paid`."
        ),
        Role.PLAIN,
    ] = None
    reactions_removed: Annotated[
        Texts, strings("Reactions in `old_reaction` that are not in `new_reaction`."), Role.PLAIN
    ] = None
    member_user_id: Annotated[
        Number, int64("Whose membership changed: `new_chat_member.user.id`."), Role.ACCOUNT
    ] = None
    member_old_status: Annotated[
        Text,
        string("`old_chat_member.status`: member, administrator, left, kicked, …."),
        Role.PLAIN,
    ] = None
    member_new_status: Annotated[
        Text, string("`new_chat_member.status`: one of the same values."), Role.PLAIN
    ] = None
    poll_id: Annotated[
        Text,
        string("The poll: `poll.id` of a poll or a message, `poll_id` of an answer."),
        Role.PLAIN,
    ] = None
    migrate_to_chat_id: Annotated[
        Number, int64("`migrate_to_chat_id`: the supergroup that this group became."), Role.ACCOUNT
    ] = None
    migrate_from_chat_id: Annotated[
        Number, int64("`migrate_from_chat_id`: the group that this supergroup was."), Role.ACCOUNT
    ] = None
    currency: Annotated[
        Text,
        string("`currency` of a payment, an invoice or a checkout: ISO 4217, or XTR for stars."),
        Role.PLAIN,
    ] = None
    total_amount: Annotated[
        Number, int64("`total_amount` of it, in the currency's smallest unit."), Role.PLAIN
    ] = None
    fields_nulled: Annotated[
        int,
        always(int64("Fields of this update that are null because their value could not be read.")),
        Role.PLAIN,
    ] = 0
    is_topic_message: Annotated[
        Flag,
        boolean("`is_topic_message`: whether `message_thread_id` is a topic of a forum."),
        Role.PLAIN,
    ] = None
    direct_messages_topic_id: Annotated[
        Number,
        int64("`direct_messages_topic.topic_id`: one conversation in a channel's direct messages."),
        Role.ACCOUNT,
    ] = None
    is_automatic_forward: Annotated[
        Flag,
        boolean(
            "Whether Telegram copied a channel's post to its group: `is_automatic_forward`, or, "
            "from before 2022, a post of a channel forwarded by Telegram's own account."
        ),
        Role.PLAIN,
    ] = None
    business_connection_id: Annotated[
        Text,
        string(
            "`business_connection_id`: the business account that the update belongs to; `id` of a "
            "business_connection."
        ),
        Role.CONNECTION,
    ] = None
    sender_business_bot_id: Annotated[
        Number,
        int64("`sender_business_bot.id`: the bot that wrote in a business account's name."),
        Role.PLAIN,
    ] = None
    is_from_offline: Annotated[
        Flag,
        boolean("`is_from_offline`: sent automatically, such as an away or a scheduled message."),
        Role.PLAIN,
    ] = None
    reply_to_username: Annotated[
        Text, string("`reply_to_message.from.username`, without @."), Role.USERNAME
    ] = None
    reply_to_is_automatic_forward: Annotated[
        Flag,
        boolean(
            "`reply_to_message.is_automatic_forward`: whether it comments on a channel's post."
        ),
        Role.PLAIN,
    ] = None
    external_reply_chat_id: Annotated[
        Number,
        int64("`external_reply.chat.id`: the chat of a message answered in another chat or topic."),
        Role.ACCOUNT,
    ] = None
    external_reply_message_id: Annotated[
        Number, int64("`external_reply.message_id`: that message, in that chat."), Role.PLAIN
    ] = None
    mentioned_user_ids: Annotated[
        Numbers,
        int64s("Users without a username whom the text names, once: entities `text_mention`."),
        Role.ACCOUNT,
    ] = None
    mentioned_usernames: Annotated[
        Texts,
        strings("Usernames that the text names, once, in lower case, without @."),
        Role.USERNAME | Role.WRITTEN,
    ] = None
    command_bot: Annotated[
        Text,
        string("The bot that the command is addressed to (`/x@bot`), in lower case."),
        Role.PLAIN,
    ] = None
    new_chat_member_ids: Annotated[
        Numbers,
        int64s("`new_chat_members[].id`: who joined or was added, bots included."),
        Role.ACCOUNT,
    ] = None
    new_chat_bot_ids: Annotated[
        Numbers, int64s("Those of `new_chat_member_ids` that are bots."), Role.PLAIN
    ] = None
    left_chat_member_id: Annotated[
        Number, int64("`left_chat_member.id`: who left or was removed."), Role.ACCOUNT
    ] = None
    left_chat_member_is_bot: Annotated[Flag, boolean("`left_chat_member.is_bot`."), Role.PLAIN] = (
        None
    )
    member_user_is_bot: Annotated[Flag, boolean("`new_chat_member.user.is_bot`."), Role.PLAIN] = (
        None
    )
    member_username: Annotated[
        Text, string("`new_chat_member.user.username`, without @."), Role.USERNAME
    ] = None
    member_first_name: Annotated[Text, string("`new_chat_member.user.first_name`."), Role.NAME] = (
        None
    )
    member_was_in: Annotated[
        Flag,
        boolean(
            "Whether that user was a member before: creator, administrator, member, or restricted "
            "with `is_member`."
        ),
        Role.PLAIN,
    ] = None
    member_is_in: Annotated[
        Flag, boolean("Whether that user is a member afterwards, by the same rule."), Role.PLAIN
    ] = None
    invite_link_name: Annotated[
        Text,
        string(
            "`invite_link.name`: the invite link that the user joined, or asks to join, through."
        ),
        Role.WRITTEN,
    ] = None
    is_live_location: Annotated[
        Flag,
        boolean(
            "Whether a location is live (`live_period`), so that its moves arrive as edits; null "
            "for messages without a location."
        ),
        Role.PLAIN,
    ] = None
    content_digest: Annotated[
        Text,
        string(
            "A digest of text, caption, entities, media, buttons, rich message, checklist and "
            "poll question: two versions of a message with the same digest have the same content."
        ),
        Role.WRITTEN,
    ] = None
    is_service: Annotated[
        Flag,
        boolean(
            "Whether the message is a service message, by the Bot API's own list; null for other "
            "updates."
        ),
        Role.PLAIN,
    ] = None
    is_written: Annotated[
        bool,
        always(
            boolean(
                "Whether it is a *written message*: a new message, channel_post, business_message "
                "or guest_message, not a service message, not an automatic forward, and not of the "
                "bot itself."
            )
        ),
        Role.PLAIN,
    ] = False
    person_id: Annotated[
        Number,
        int64(
            "The *person* who acted in their own name; null for bots, channels, anonymous "
            "administrators, Telegram's own accounts, and what a bot wrote for a business account."
        ),
        Role.ACCOUNT,
    ] = None
    activity: Annotated[
        Text,
        string(
            "What a person actively did: write, react, press, vote, query or pay; null for "
            "everything else, such as joining, leaving, editing, blocking the bot, boosting, and "
            "messages that were sent automatically."
        ),
        Role.PLAIN,
    ] = None
    is_copy: Annotated[
        bool,
        always(
            boolean(
                "Whether a bot with a lower id also received this event of a supergroup or "
                "channel: without copies, an event counts once."
            )
        ),
        Role.PLAIN,
    ] = False
    origin: Annotated[
        str,
        always(
            string(
                "Where the row is from: `update` of Telegram, `call` of the bot, or `export` of a "
                "chat's history. A message that is known from several has one row, of the first of "
                "these."
            )
        ),
        Role.PLAIN,
    ] = "update"
    message_kind: Annotated[
        Text,
        string(
            "Of a row that is a version of a message: message, channel_post, business_message or "
            "guest_message; null for all other rows."
        ),
        Role.PLAIN,
    ] = None
    is_edit: Annotated[
        bool,
        always(boolean("Whether it is a later version of a message: an edit, by whomever.")),
        Role.PLAIN,
    ] = False
    is_own: Annotated[
        bool,
        always(
            boolean(
                "Whether it is a message of the bot itself, which Telegram sends no update about."
            )
        ),
        Role.PLAIN,
    ] = False
    call_method: Annotated[
        Text,
        string("The method of the Bot API that the bot called, such as sendMessage."),
        Role.PLAIN,
    ] = None
    call_ok: Annotated[
        Flag,
        boolean(
            "Whether the call succeeded; null if that is not known: a reply to a webhook call, or "
            "the recording was interrupted."
        ),
        Role.PLAIN,
    ] = None
    call_error_code: Annotated[
        Number, int64("`error_code` of a failed call, such as 403 or 429."), Role.PLAIN
    ] = None
    call_description: Annotated[
        Text, string("`description` of a failed call: Telegram's reason."), Role.PLAIN
    ] = None
    call_retry_after: Annotated[
        Number,
        int64("`parameters.retry_after` of a failed call: seconds that Telegram asks to wait."),
        Role.PLAIN,
    ] = None
    call_ms: Annotated[
        Number,
        int64("Milliseconds from the end of the request to the end of Telegram's response."),
        Role.PLAIN,
    ] = None
    call_source: Annotated[
        Text,
        string("Where the call was seen: `proxy`, or `webhook_reply`."),
        Role.PLAIN,
    ] = None
    call_part: Annotated[
        Number,
        int64("Of a call that sent several messages, the number of this one: 0, 1, …; else null."),
        Role.PLAIN,
    ] = None
    answers_update_id: Annotated[
        Number, int64("The update that a webhook reply responds to."), Role.PLAIN
    ] = None
    reaction_names: Annotated[
        Texts,
        strings(
            "Of an exported message, its reactions when it was exported: the emoji, "
            "`custom:<id>`, or `paid`."
        ),
        Role.PLAIN,
    ] = None
    reaction_counts: Annotated[
        Numbers, int64s("How often each of `reaction_names` was given."), Role.PLAIN
    ] = None


ENRICHMENT_VERSION: Final = 4
"""The version of the rules that fill the columns.

Increase it if the same update gets other values, so that the days that were built before are
rebuilt. New columns have this effect by themselves.
"""

ENRICHED_UPDATES: Final = Layer(
    "enriched_updates",
    "One row per deduped update of every type, flat and typed, in the order of the landed lines; "
    "without calls and exported messages that the day already has from a better origin.",
    EnrichedUpdate,
)
