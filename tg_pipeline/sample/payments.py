"""Payments: the printed workbook, a subscription, media for Stars."""

from functools import partial
from typing import Final

from tg_pipeline.sample.people import Payload
from tg_pipeline.sample.scene import Happening, Scene

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
