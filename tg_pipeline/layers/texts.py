"""What the marked stretches of a text say: its command, hashtags, links and mentions."""

from typing import Final

from tg_pipeline.layers.enriched_columns import EnrichedUpdate
from tg_pipeline.telegram.anatomy import Entity

LINKS: Final = frozenset({"url", "text_link"})
MENTIONS: Final = frozenset({"mention", "text_mention"})


def fill_text(row: EnrichedUpdate, text: str, entities: list[Entity] | None) -> None:
    """Fill the columns that a text, or a caption in its place, and its entities tell of."""
    row.text_length = len(text)
    if not entities:
        return
    types = [entity.type for entity in entities if entity.type is not None]
    row.entity_types = types
    row.url_count = sum(kind in LINKS for kind in types)
    row.mention_count = sum(kind in MENTIONS for kind in types)
    if "hashtag" in types:
        row.hashtags = [stretch(text, entity) for entity in entities if entity.type == "hashtag"]
    if types[:1] == ["bot_command"] and entities[0].offset == 0:
        _fill_command(row, text, entities[0])


def stretch(text: str, entity: Entity) -> str:
    """Give the part of a text that an entity marks; its offset and length are UTF-16 units."""
    start, length = max(entity.offset or 0, 0), max(entity.length or 0, 0)
    if text.isascii():
        return text[start : start + length]
    units = text.encode("utf-16-le")
    return units[2 * start : 2 * (start + length)].decode("utf-16-le", "replace")


def _fill_command(row: EnrichedUpdate, text: str, entity: Entity) -> None:
    written = stretch(text, entity)
    row.command = written.removeprefix("/").partition("@")[0].lower() or None
    row.command_args = text[len(written) :].strip() or None
