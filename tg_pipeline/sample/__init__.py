"""A believable month of a Telegram bot's updates and calls, the same for the same arguments."""

from tg_pipeline.sample.delivery import SampleDelivery
from tg_pipeline.sample.people import SAMPLE_BOT_ID, SAMPLE_BOT_USERNAME
from tg_pipeline.sample.simulation import deliveries, deliveries_with_calls

__all__ = [
    "SAMPLE_BOT_ID",
    "SAMPLE_BOT_USERNAME",
    "SampleDelivery",
    "deliveries",
    "deliveries_with_calls",
]
