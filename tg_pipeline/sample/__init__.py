"""A believable month of a Telegram bot's updates, the same for the same arguments."""

from tg_pipeline.sample.door import Delivery
from tg_pipeline.sample.month import deliveries
from tg_pipeline.sample.people import SAMPLE_BOT_ID

__all__ = ["SAMPLE_BOT_ID", "Delivery", "deliveries"]
