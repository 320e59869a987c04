"""What happens to the chats themselves: joins and leaves, topics, the move to a supergroup."""

from functools import partial
from itertools import count
from typing import Final

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
    Payload,
    Person,
    Room,
    private_chat,
    topic,
)
from tg_pipeline.sample.scene import Happening, Scene, edit, react, remark

FIRST_MESSAGE_ID: Final = 90_000
RIGHTS: Final = {"can_reply": True, "can_read_messages": True}


def connect(scene: Scene) -> Happening:
    """Connect the bot to the administrator's account, to which a customer then writes."""
    connection = f"bc{scene.chance.bits(64):016x}"
    scene.later(10, 60, partial(_write, connection=connection))
    about = {"id": connection, "user": ADMIN.user, "user_chat_id": ADMIN.user["id"]}
    state = {"date": scene.second, "is_enabled": True, "rights": RIGHTS}
    return Happening("business_connection", about | state)


def _write(scene: Scene, connection: str) -> Happening:
    customer = scene.chance.pick(VISITORS)
    # Message ids are unique in a chat only: the time keeps those of two connections apart.
    room = Room(private_chat(customer), count(FIRST_MESSAGE_ID + scene.second % 86_400))
    content = {"business_connection_id": connection, "text": "vocês fazem turma para empresas?"}
    message = scene.message(room, customer.user, content)
    scene.later(10, 60, partial(_rewrite, message=message))
    return Happening("business_message", message)


def _rewrite(scene: Scene, message: Payload) -> Happening:
    scene.later(10, 60, partial(_delete, message=message))
    text = message["text"] + " Somos 12 pessoas."
    return Happening("edited_business_message", message | {"edit_date": scene.second, "text": text})


def _delete(_: Scene, message: Payload) -> Happening:
    deleted = {"business_connection_id": message["business_connection_id"]}
    deleted |= {"chat": message["chat"], "message_ids": [message["message_id"]]}
    return Happening("deleted_business_messages", deleted)


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


def buy(scene: Scene) -> Happening:
    """Order the workbook: first where to, then the checkout, then it is paid."""
    buyer = scene.chance.pick(scene.private)[0].user
    scene.later(5, 20, partial(_check_out, buyer=buyer))
    query = {"id": scene.chance.query_id(), "from": buyer}
    about = {"invoice_payload": PRICE["invoice_payload"], "shipping_address": ADDRESS}
    return Happening("shipping_query", query | about)


def _check_out(scene: Scene, buyer: Payload) -> Happening:
    scene.later(2, 15, partial(_pay, buyer=buyer))
    query = {"id": scene.chance.query_id(), "from": buyer} | PRICE
    order = {"shipping_option_id": "correio", "order_info": {"shipping_address": ADDRESS}}
    return Happening("pre_checkout_query", query | order)


def _pay(scene: Scene, buyer: Payload) -> Happening:
    room = next(room for person, room in scene.private if person.user is buyer)
    charges = {"telegram_payment_charge_id": f"tg_{scene.chance.bits(64):016x}"}
    charges["provider_payment_charge_id"] = f"pv_{scene.chance.bits(64):016x}"
    message = scene.message(room, buyer, {"successful_payment": PRICE | charges})
    return Happening("message", message)


def change_subscription(scene: Scene) -> Happening:
    """Cancel a subscription; then its holder buys media for Stars."""
    user = scene.chance.pick(scene.private)[0].user
    scene.later(30, 90, partial(_purchase_media, buyer=user))
    changed = {"user": user, "invoice_payload": "mentoria-mensal", "state": "canceled"}
    return Happening("subscription", changed)


def _purchase_media(_: Scene, buyer: Payload) -> Happening:
    return Happening("purchased_paid_media", {"from": buyer, "paid_media_payload": "aula-extra"})


CHOSEN: Final = 0.5
TYPED: Final = ("certificado", "aula 14", "left join", "prazo", "", "vagas")
WHERE: Final = ("sender", "private", "supergroup", "group")


def query(scene: Scene) -> Happening:
    """Somebody looks something up; half of them choose a result. No event time."""
    return _query(scene, chosen=scene.chance.happens(CHOSEN))


def query_and_choose(scene: Scene) -> Happening:
    """Somebody looks something up and chooses a result."""
    return _query(scene, chosen=True)


def _query(scene: Scene, *, chosen: bool) -> Happening:
    person, typed = scene.chance.pick(CROWD), scene.chance.pick(TYPED)
    if chosen:
        scene.later(2, 40, partial(choose, person=person, typed=typed))
    asked = {"id": scene.chance.query_id(), "from": person.user}
    asked |= {"chat_type": scene.chance.pick(WHERE), "query": typed, "offset": ""}
    return Happening("inline_query", asked)


def choose(scene: Scene, person: Person, typed: str) -> Happening:
    """Choose the result, which sends a message in the person's name."""
    scene.note(scene.now, partial(send_result, person=person, typed=typed))
    chosen = {"from": person.user, "query": typed, "result_id": f"r{scene.chance.between(0, 9)}"}
    return Happening("chosen_inline_result", chosen)


def send_result(scene: Scene, person: Person, typed: str) -> Happening:
    """Send the message that the chosen result becomes."""
    content = {"via_bot": BOT, "text": f"Encontrei na base do curso: {typed or 'aulas'}"}
    return remark(scene, scene.support, scene.message(scene.support, person.user, content))


BOOST: Final = 30 * 86_400
"""Seconds that a boost lasts."""

HALF_EMOJI: Final = "que dia \ud83d"
"""A text cut in the middle of a surrogate pair, as some clients cut long ones."""

WITH_NUL: Final = "colei do terminal:\x00 sem erro"


def boost(scene: Scene) -> Happening:
    """Boost the channel as a premium member, who takes the boost back."""
    source: Payload = {"source": "premium", "user": MEMBERS[1].user}
    about: Payload = {"boost_id": f"b{scene.chance.bits(64):016x}"}
    scene.later(60, 600, partial(_remove_boost, about=about, source=source))
    dates = {"add_date": scene.second, "expiration_date": scene.second + BOOST}
    given = about | dates | {"source": source}
    return Happening("chat_boost", {"chat": scene.channel.chat, "boost": given})


def _remove_boost(scene: Scene, about: Payload, source: Payload) -> Happening:
    removed: Payload = {"chat": scene.channel.chat} | about
    removed |= {"remove_date": scene.second, "source": source}
    return Happening("removed_chat_boost", removed)


def call_as_guest(scene: Scene) -> Happening:
    """Somebody calls the bot in a group it is no member of."""
    room = Room(GUEST_GROUP, count(5_000 + scene.second % 86_400))
    content = {"guest_query_id": scene.chance.query_id(), "text": "qual o prazo do projeto?"}
    return Happening("guest_message", scene.message(room, scene.chance.pick(CROWD).user, content))


def manage_bot(scene: Scene) -> Happening:
    """Let the bot manage a bot; then somebody stops it in the middle of an answer."""
    scene.later(30, 120, stop_answer)
    return Happening("managed_bot", {"user": MEMBERS[4].user, "bot": MANAGED_BOT})


def stop_answer(scene: Scene) -> Happening:
    """Stop the answer that the bot is writing in a private chat."""
    room = scene.chance.pick(scene.private)[1]
    stopped = {"chat": room.chat, "draft_id": scene.chance.bits(31)}
    return Happening("stopped_message_generation", stopped)


def write_richly(scene: Scene) -> Happening:
    """Send a message that has its words in `rich_message`, and no text."""
    paragraphs = ("Resumo da aula de hoje", "Agrupar antes, filtrar depois.")
    blocks = [{"type": "paragraph", "text": text} for text in paragraphs]
    room, person = scene.chance.pick(scene.topics), scene.chance.pick(CROWD)
    message = scene.message(room, person.user, {"rich_message": {"blocks": blocks}})
    return Happening("message", message)


def correct_in_private(scene: Scene) -> Happening:
    """Write to the bot in private, and then correct the message."""
    person, room = scene.chance.pick(scene.private)
    message = scene.message(room, person.user, {"text": "quando sai a nota do projeto?"})
    scene.later(10, 60, partial(edit, room=room, message=message))
    return Happening("message", message)


def please(scene: Scene) -> Happening:
    """Write in a topic what another member likes."""
    room, author = scene.chance.pick(scene.topics), scene.chance.pick(MEMBERS).user
    message = scene.message(room, author, {"text": "postei o resumo da aula 🎉"})
    liker = scene.chance.pick(CROWD).user
    scene.later(10, 60, partial(react, room=room, message=message, reactor=liker))
    return Happening("message", message)


def break_off(scene: Scene, text: str) -> Happening:
    """Send a text that is valid JSON but hard to store: no valid UTF-8, or with a NUL."""
    message = scene.message(scene.support, MEMBERS[24].user, {"text": text})
    return Happening("message", message)


STAY: Final = (3_600, 7_200)
"""Seconds that a visitor stays who leaves again."""

LEAVES_AGAIN: Final = 0.6

LINK: Final[Payload] = {
    "invite_link": "https://t.me/+a1B2c3D4e5F6...",
    "creator": ADMIN.user,
    "creates_join_request": True,
    "is_primary": False,
    "is_revoked": False,
}


def _membership(scene: Scene, room: Room, person: Person, old: str, new: str) -> Happening:
    changed: Payload = {"chat": room.chat, "from": person.user, "date": scene.second}
    changed["old_chat_member"] = {"user": person.user, "status": old}
    changed["new_chat_member"] = {"user": person.user, "status": new}
    return Happening("chat_member", changed)


def join(scene: Scene, person: Person | None = None) -> Happening:
    """Have a visitor join the forum: the change of membership, then the service message."""
    visitor = person or scene.chance.pick(VISITORS)
    content = {"new_chat_members": [visitor.user]}
    scene.note(scene.now, partial(_announce, person=visitor, content=content))
    if scene.chance.happens(LEAVES_AGAIN):
        scene.later(*STAY, partial(_leave, person=visitor))
    return _membership(scene, scene.forum, visitor, "left", "member")


def _leave(scene: Scene, person: Person) -> Happening:
    content = {"left_chat_member": person.user}
    scene.note(scene.now, partial(_announce, person=person, content=content))
    return _membership(scene, scene.forum, person, "member", "left")


def _announce(scene: Scene, person: Person, content: Payload) -> Happening:
    return Happening("message", scene.message(scene.forum, person.user, content))


def request_to_join(scene: Scene) -> Happening:
    """Have a visitor ask to be let in, who then is."""
    visitor = scene.chance.pick(VISITORS)
    request: Payload = {"chat": scene.forum.chat, "from": visitor.user}
    request |= {"user_chat_id": visitor.user["id"], "date": scene.second}
    scene.later(20, 120, partial(join, person=visitor))
    return Happening("chat_join_request", request | {"bio": "analista de BI", "invite_link": LINK})


def open_topic(scene: Scene) -> Happening:
    """Open the next topic of the forum, or the last one once more."""
    number = min(len(scene.topics), len(TOPICS) - 1)
    opened = topic(scene.forum, number, scene.second)
    scene.topics[number:] = [opened]
    return Happening("message", opened.root or {})


def block_bot(scene: Scene) -> Happening:
    """Have a visitor block the bot, which learns of it as a change of its own membership."""
    visitor = scene.chance.pick(VISITORS).user
    chat = {"id": visitor["id"], "first_name": visitor["first_name"], "type": "private"}
    changed: Payload = {"chat": chat, "from": visitor, "date": scene.second}
    changed["old_chat_member"] = {"user": BOT, "status": "member"}
    changed["new_chat_member"] = {"user": BOT, "status": "kicked", "until_date": 0}
    return Happening("my_chat_member", changed)


def migrate(scene: Scene) -> Happening:
    """Turn the support group into a supergroup: the last message of the old chat."""
    old, new = scene.support, Room(SUPERGROUP, count(1))
    scene.support = old.successor = new
    scene.note(0, partial(_arrive, old=old, new=new))  # due first of all: nothing comes between
    content = {"migrate_to_chat_id": new.chat["id"]}
    return Happening("message", scene.message(old, ADMIN.user, content))


def _arrive(scene: Scene, old: Room, new: Room) -> Happening:
    content = {"sender_chat": new.chat, "migrate_from_chat_id": old.chat["id"]}
    return Happening("message", scene.message(new, ANONYMOUS_ADMIN, content))
