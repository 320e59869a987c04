"""All other update types: membership, topics, business, payments, inline queries, boosts."""

from functools import partial
from itertools import count
from typing import Final

from tg_pipeline.sample.facts import Asked
from tg_pipeline.sample.people import (
    ADMIN,
    ANONYMOUS_ADMIN,
    BOT,
    CROWD,
    GUEST_GROUP,
    MANAGED_BOT,
    MEMBERS,
    SUPERGROUP,
    TOPICS,
    VISITORS,
    ChatState,
    Payload,
    Person,
    private_chat,
    topic,
)
from tg_pipeline.sample.scene import GeneratedUpdate, Scene, edit, react, send_with_follow_ups

FIRST_MESSAGE_ID: Final = 90_000
RIGHTS: Final = {"can_reply": True, "can_read_messages": True}


def connect(scene: Scene) -> GeneratedUpdate:
    """Connect the bot to the administrator's account, to which a customer then writes."""
    connection = f"bc{scene.rng.bits(64):016x}"
    scene.later(10, 60, partial(_write, connection=connection))
    about = {"id": connection, "user": ADMIN.user, "user_chat_id": ADMIN.user["id"]}
    state = {"date": scene.second, "is_enabled": True, "rights": RIGHTS}
    return GeneratedUpdate("business_connection", about | state)


def _write(scene: Scene, connection: str) -> GeneratedUpdate:
    customer = scene.rng.pick(VISITORS)
    # Message ids are unique in a chat only: the time keeps those of two connections apart.
    chat_state = ChatState(private_chat(customer), count(FIRST_MESSAGE_ID + scene.second % 86_400))
    content = {"business_connection_id": connection, "text": "vocês fazem turma para empresas?"}
    message = scene.message(chat_state, customer.user, content)
    scene.later(10, 60, partial(_rewrite, message=message))
    return GeneratedUpdate("business_message", message)


def _rewrite(scene: Scene, message: Payload) -> GeneratedUpdate:
    scene.later(10, 60, partial(_delete, message=message))
    text = message["text"] + " Somos 12 pessoas."
    return GeneratedUpdate(
        "edited_business_message", message | {"edit_date": scene.second, "text": text}
    )


def _delete(_: Scene, message: Payload) -> GeneratedUpdate:
    deleted = {"business_connection_id": message["business_connection_id"]}
    deleted |= {"chat": message["chat"], "message_ids": [message["message_id"]]}
    return GeneratedUpdate("deleted_business_messages", deleted)


PRICE: Final[Payload] = {
    "currency": "BRL",
    "total_amount": 8990,  # in centavos
    "invoice_payload": "apostila-turma-3",
}
ADDRESS: Final[Payload] = {
    "country_code": "BR",
    "state": "SP",
    "city": "São Paulo",
    "street_line1": "Rua das Amostras, 100",
    "street_line2": "",
    "post_code": "01000-000",
}


def buy(scene: Scene) -> GeneratedUpdate:
    """Order the workbook: a shipping query, a checkout, then the payment."""
    person, chat_state = scene.private_chat()
    buyer = person.user
    scene.later(5, 20, partial(_check_out, buyer=buyer, chat_state=chat_state))
    query = {"id": scene.rng.query_id(), "from": buyer}
    about = {"invoice_payload": PRICE["invoice_payload"], "shipping_address": ADDRESS}
    return GeneratedUpdate("shipping_query", query | about)


def _check_out(scene: Scene, buyer: Payload, chat_state: ChatState) -> GeneratedUpdate:
    scene.later(2, 15, partial(_pay, buyer=buyer, chat_state=chat_state))
    query = {"id": scene.rng.query_id(), "from": buyer} | PRICE
    order = {"shipping_option_id": "correio", "order_info": {"shipping_address": ADDRESS}}
    return GeneratedUpdate("pre_checkout_query", query | order)


def _pay(scene: Scene, buyer: Payload, chat_state: ChatState) -> GeneratedUpdate:
    charges = {"telegram_payment_charge_id": f"tg_{scene.rng.bits(64):016x}"}
    charges["provider_payment_charge_id"] = f"pv_{scene.rng.bits(64):016x}"
    message = scene.message(chat_state, buyer, {"successful_payment": PRICE | charges})
    return GeneratedUpdate("message", message)


def change_subscription(scene: Scene) -> GeneratedUpdate:
    """Cancel a subscription; then its holder buys media for Stars."""
    user = scene.private_chat()[0].user
    scene.later(30, 90, partial(_purchase_media, buyer=user))
    changed = {"user": user, "invoice_payload": "mentoria-mensal", "state": "canceled"}
    return GeneratedUpdate("subscription", changed)


def _purchase_media(_: Scene, buyer: Payload) -> GeneratedUpdate:
    return GeneratedUpdate(
        "purchased_paid_media", {"from": buyer, "paid_media_payload": "aula-extra"}
    )


CHOSEN: Final = 0.5
TYPED: Final = ("certificado", "aula 14", "left join", "prazo", "", "vagas")
WHERE: Final = ("sender", "private", "supergroup", "group")


def query(scene: Scene) -> GeneratedUpdate:
    """Send an inline query, which has no event time; half of them lead to a chosen result."""
    return _query(scene, chosen=scene.rng.happens(CHOSEN))


def query_and_choose(scene: Scene) -> GeneratedUpdate:
    """Send an inline query and choose a result."""
    return _query(scene, chosen=True)


def _query(scene: Scene, *, chosen: bool) -> GeneratedUpdate:
    person, typed = scene.rng.pick(CROWD), scene.rng.pick(TYPED)
    if chosen:
        scene.later(2, 40, partial(choose, person=person, typed=typed))
    asked = {"id": scene.rng.query_id(), "from": person.user}
    asked |= {"chat_type": scene.rng.pick(WHERE), "query": typed, "offset": ""}
    return GeneratedUpdate("inline_query", asked)


def choose(scene: Scene, person: Person, typed: str) -> GeneratedUpdate:
    """Choose a result, which sends a message in the person's name."""
    scene.schedule(scene.now, partial(send_result, person=person, typed=typed))
    chosen = {"from": person.user, "query": typed, "result_id": f"r{scene.rng.between(0, 9)}"}
    return GeneratedUpdate("chosen_inline_result", chosen)


def send_result(scene: Scene, person: Person, typed: str) -> GeneratedUpdate:
    """Send the message that the chosen result becomes."""
    content = {"via_bot": BOT, "text": f"Encontrei na base do curso: {typed or 'aulas'}"}
    return send_with_follow_ups(
        scene, scene.support, scene.message(scene.support, person.user, content)
    )


BOOST: Final = 30 * 86_400
"""Duration of a boost in seconds."""

HALF_EMOJI: Final = "que dia \ud83d"
"""A text cut in the middle of a surrogate pair, as some clients cut long ones."""

WITH_NUL: Final = "colei do terminal:\x00 sem erro"


def boost(scene: Scene) -> GeneratedUpdate:
    """Boost the channel as a premium member, who removes the boost later."""
    source: Payload = {"source": "premium", "user": MEMBERS[1].user}
    about: Payload = {"boost_id": f"b{scene.rng.bits(64):016x}"}
    scene.later(60, 600, partial(_remove_boost, about=about, source=source))
    dates = {"add_date": scene.second, "expiration_date": scene.second + BOOST}
    given = about | dates | {"source": source}
    return GeneratedUpdate("chat_boost", {"chat": scene.channel.chat, "boost": given})


def _remove_boost(scene: Scene, about: Payload, source: Payload) -> GeneratedUpdate:
    removed: Payload = {"chat": scene.channel.chat} | about
    removed |= {"remove_date": scene.second, "source": source}
    return GeneratedUpdate("removed_chat_boost", removed)


def call_as_guest(scene: Scene) -> GeneratedUpdate:
    """Mention the bot in a group that it is not a member of."""
    chat_state = ChatState(GUEST_GROUP, count(5_000 + scene.second % 86_400))
    content = {"guest_query_id": scene.rng.query_id(), "text": "qual o prazo do projeto?"}
    return GeneratedUpdate(
        "guest_message", scene.message(chat_state, scene.rng.pick(CROWD).user, content)
    )


def manage_bot(scene: Scene) -> GeneratedUpdate:
    """Let the bot manage another bot; then stop it in the middle of an answer."""
    scene.later(30, 120, stop_answer)
    return GeneratedUpdate("managed_bot", {"user": MEMBERS[4].user, "bot": MANAGED_BOT})


def stop_answer(scene: Scene) -> GeneratedUpdate:
    """Stop the answer that the bot is writing in a private chat."""
    chat_state = scene.private_chat()[1]
    stopped = {"chat": chat_state.chat, "draft_id": scene.rng.bits(31)}
    return GeneratedUpdate("stopped_message_generation", stopped)


def send_rich_message(scene: Scene) -> GeneratedUpdate:
    """Send a message whose content is in `rich_message`, without `text`."""
    paragraphs = ("Resumo da aula de hoje", "Agrupar antes, filtrar depois.")
    blocks = [{"type": "paragraph", "text": text} for text in paragraphs]
    chat_state, person = scene.rng.pick(scene.topics), scene.rng.pick(CROWD)
    message = scene.message(chat_state, person.user, {"rich_message": {"blocks": blocks}})
    return GeneratedUpdate("message", message)


def correct_in_private(scene: Scene) -> GeneratedUpdate:
    """Write to the bot in private, and then correct the message."""
    person, chat_state = scene.private_chat()
    message = scene.message(chat_state, person.user, {"text": "quando sai a nota do projeto?"})
    scene.later(10, 60, partial(edit, chat_state=chat_state, message=message))
    fact = Asked(chat_state.chat["id"], message["message_id"], repeats=None)
    return GeneratedUpdate("message", message, (fact,))


def send_liked_message(scene: Scene) -> GeneratedUpdate:
    """Write a message in a topic that another member reacts to."""
    chat_state, author = scene.rng.pick(scene.topics), scene.rng.pick(MEMBERS).user
    message = scene.message(chat_state, author, {"text": "postei o resumo da aula 🎉"})
    liker = scene.rng.pick(CROWD).user
    scene.later(10, 60, partial(react, chat_state=chat_state, message=message, reactor=liker))
    return GeneratedUpdate("message", message)


def send_hard_text(scene: Scene, text: str) -> GeneratedUpdate:
    """Send a text that is valid JSON but hard to store: not valid UTF-8, or with a NUL."""
    message = scene.message(scene.support, MEMBERS[24].user, {"text": text})
    return GeneratedUpdate("message", message)


STAY: Final = (3_600, 7_200)
"""Seconds until a visitor leaves again."""

LEAVES_AGAIN: Final = 0.6

LINK: Final[Payload] = {
    "invite_link": "https://t.me/+a1B2c3D4e5F6...",
    "creator": ADMIN.user,
    "creates_join_request": True,
    "is_primary": False,
    "is_revoked": False,
}


def _membership(
    scene: Scene, chat_state: ChatState, person: Person, old: str, new: str
) -> GeneratedUpdate:
    changed: Payload = {"chat": chat_state.chat, "from": person.user, "date": scene.second}
    changed["old_chat_member"] = {"user": person.user, "status": old}
    changed["new_chat_member"] = {"user": person.user, "status": new}
    return GeneratedUpdate("chat_member", changed)


def join(scene: Scene, person: Person | None = None) -> GeneratedUpdate:
    """Let a visitor join the forum: the change of membership, then the service message."""
    visitor = person or scene.rng.pick(VISITORS)
    content = {"new_chat_members": [visitor.user]}
    scene.schedule(scene.now, partial(_announce, person=visitor, content=content))
    if scene.rng.happens(LEAVES_AGAIN):
        scene.later(*STAY, partial(_leave, person=visitor))
    return _membership(scene, scene.forum, visitor, "left", "member")


def _leave(scene: Scene, person: Person) -> GeneratedUpdate:
    content = {"left_chat_member": person.user}
    scene.schedule(scene.now, partial(_announce, person=person, content=content))
    return _membership(scene, scene.forum, person, "member", "left")


def _announce(scene: Scene, person: Person, content: Payload) -> GeneratedUpdate:
    return GeneratedUpdate("message", scene.message(scene.forum, person.user, content))


def request_to_join(scene: Scene) -> GeneratedUpdate:
    """Let a visitor request to join, and be approved."""
    visitor = scene.rng.pick(VISITORS)
    request: Payload = {"chat": scene.forum.chat, "from": visitor.user}
    request |= {"user_chat_id": visitor.user["id"], "date": scene.second}
    scene.later(20, 120, partial(join, person=visitor))
    return GeneratedUpdate(
        "chat_join_request", request | {"bio": "analista de BI", "invite_link": LINK}
    )


def open_topic(scene: Scene) -> GeneratedUpdate:
    """Open the next topic of the forum, or the last one again."""
    number = min(len(scene.topics), len(TOPICS) - 1)
    opened_at = topic(scene.forum, number, scene.second)
    scene.topics[number:] = [opened_at]
    return GeneratedUpdate("message", opened_at.root or {})


def migrate(scene: Scene) -> GeneratedUpdate:
    """Turn the support group into a supergroup: the last message of the old chat."""
    old, new = scene.support, ChatState(SUPERGROUP, count(1))
    scene.support = old.successor = new
    scene.schedule(0, partial(_arrive, old=old, new=new))  # due first of all: nothing comes between
    content = {"migrate_to_chat_id": new.chat["id"]}
    return GeneratedUpdate("message", scene.message(old, ADMIN.user, content))


def _arrive(scene: Scene, old: ChatState, new: ChatState) -> GeneratedUpdate:
    content = {"sender_chat": new.chat, "migrate_from_chat_id": old.chat["id"]}
    return GeneratedUpdate("message", scene.message(new, ANONYMOUS_ADMIN, content))
