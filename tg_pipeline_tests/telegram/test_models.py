"""The update types are those of the Bot API."""

from tg_pipeline.telegram.models import MESSAGE_TYPES, OPT_IN_UPDATE_TYPES, UPDATE_TYPES


def test_there_are_27_types_of_which_three_are_opt_in() -> None:
    assert len(set(UPDATE_TYPES)) == len(UPDATE_TYPES) == 27
    assert len(OPT_IN_UPDATE_TYPES) == 3
    assert set(OPT_IN_UPDATE_TYPES) < set(UPDATE_TYPES)
    assert set(UPDATE_TYPES) > MESSAGE_TYPES
