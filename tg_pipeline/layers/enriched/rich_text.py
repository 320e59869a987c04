"""The blocks of a rich message as one text with entities, as `text` and `entities` would be.

Blocks and rows of a table are lines, cells are separated by tabs. What clients add (bullets,
numbers, rules, buttons) is not part of the text.
https://core.telegram.org/bots/api#richmessage
"""

from collections.abc import Iterable
from typing import Any, Final, cast

from tg_pipeline.telegram.models import Entity, RichBlock, RichMessage, RichSpan, RichText

ENTITY_TYPES: Final = {"email_address": "email"}
"""The types of rich text that have another name as an entity; the others have the same name."""

BLOCK_ENTITIES: Final = {
    "pre": "pre",
    "blockquote": "blockquote",
    "pullquote": "blockquote",
    "expandable_blockquote": "expandable_blockquote",
}
"""The types of blocks that are an entity in a text message."""

_MAX_BMP: Final = 0xFFFF
"""The last code point that is one UTF-16 unit; the others are two."""


def flatten(message: RichMessage) -> tuple[str, list[Entity]]:
    """Return the text of a rich message and its entities, ordered as Telegram orders them."""
    text = _Text()
    text.add_blocks(message.blocks)
    entities = sorted(text.entities, key=lambda each: (each.offset, -(each.length or 0)))
    return "".join(text.parts), entities


class _Text:
    """A text that grows part by part; offsets are in UTF-16 units."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.entities: list[Entity] = []
        self._length = 0
        self._separator = ""

    def add_blocks(self, blocks: Iterable[RichBlock] | None) -> None:
        for block in blocks or ():
            self._add_block(block)

    def _add_block(self, block: RichBlock) -> None:
        start = self._length + (1 if self._length else 0)
        for text in (block.summary, block.text, block.expression):
            self._add_line(text)
        for row in block.cells or ():
            self._add_row(cell.text for cell in row)
        for item in block.items or ():
            self.add_blocks(item.blocks)
        self.add_blocks(block.blocks)
        for text in (block.caption, block.credit):
            self._add_line(text)
        if block.type in BLOCK_ENTITIES:
            self._mark(BLOCK_ENTITIES[block.type], start)

    def _add_line(self, text: RichText | None) -> None:
        if text is not None:
            self._break("\n")
            self._add(text)

    def _add_row(self, cells: Iterable[RichText | None]) -> None:
        self._break("\n")
        for number, cell in enumerate(cells):
            if number:
                self._put("\t")
            self._add(cell)

    def _break(self, separator: str) -> None:
        """Separate the next text from what is there, if both exist."""
        if self._length:
            self._separator = separator

    def _put(self, text: str) -> None:
        if text:
            text = self._separator + text
            self._separator = ""
            self.parts.append(text)
            self._length += len(text) + sum(ord(char) > _MAX_BMP for char in text)

    def _add(self, text: RichText | None) -> None:
        if isinstance(text, str):
            self._put(text)
        elif isinstance(text, list):
            for part in text:
                self._add(cast("RichText", part))
        elif text is not None:
            self._add_span(text)

    def _add_span(self, span: RichSpan) -> None:
        start = self._length + len(self._separator)
        inner = span.text if span.text is not None else span.alternative_text or span.expression
        self._add(inner)
        if span.type is not None:
            self._mark(span.type, start, url=span.url, user=span.user)
        if span.credit is not None:
            self._add_line(span.credit)

    def _mark(self, kind: str, start: int, **properties: Any) -> None:
        """Add an entity from `start` to the end, unless it is empty."""
        if self._length > start:
            name = ENTITY_TYPES.get(kind, kind)
            entity = Entity(type=name, offset=start, length=self._length - start, **properties)
            self.entities.append(entity)
