"""Any bytes as a file that a person saved: its updates are those of the file, byte for byte."""

import json
from typing import Any

from tg_pipeline.telegram.raw_json import JsonSplitError, split_array, split_object
from tg_pipeline.telegram.saved_updates import is_chat_export, split_updates


def check(data: bytes) -> None:
    """Check that splitting never raises, invents no byte, and drops no element."""
    is_chat_export(data)
    parts = split_updates(data)
    at = 0
    for part in parts:
        found = data.find(part, at)
        assert found >= 0
        at = found + len(part)
    for split in (split_array, split_object):
        try:
            split(data)
        except JsonSplitError:
            continue
    try:
        saved = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return
    expected = _elements(saved)
    if expected is None:
        return
    assert [_parsed(part) for part in parts] == [json.dumps(each) for each in expected]


def _elements(saved: Any) -> list[Any] | None:
    """Return the updates of a file that is valid JSON; None if it is to be landed as it is."""
    if isinstance(saved, list):
        return saved
    if isinstance(saved, dict) and "update_id" not in saved:
        result = saved.get("result")
        return result if isinstance(result, list) else None
    return None


def _parsed(part: bytes) -> str:
    return json.dumps(json.loads(part))
