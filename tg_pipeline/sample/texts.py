"""Texts with their entities, measured as Telegram measures: in UTF-16 units."""

from dataclasses import dataclass

from tg_pipeline.sample.people import Payload


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of text that Telegram recognises: kind is the type of its MessageEntity."""

    kind: str
    text: str


def units(text: str) -> int:
    """Length in UTF-16 units: two for a character beyond U+FFFF, such as most emoji."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def write(*pieces: str | Mark) -> Payload:
    """Give the `text` and `entities` of a message made of these pieces."""
    entities: list[Payload] = []
    written = ""
    for piece in pieces:
        if isinstance(piece, Mark):
            entity = {"offset": units(written), "length": units(piece.text), "type": piece.kind}
            entities.append(entity)
        written += piece.text if isinstance(piece, Mark) else piece
    return {"text": written, "entities": entities} if entities else {"text": written}


def caption(content: Payload) -> Payload:
    """Turn text and entities into those of a caption."""
    names = {"text": "caption", "entities": "caption_entities"}
    return {names[name]: value for name, value in content.items()}
