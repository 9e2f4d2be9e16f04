"""The name under which older job stores hold the daily job; what it does is in `forecast.schedule.trigger`.

APScheduler stores a job with the text `forecast.schedule.bell:ring` and drops one whose text leads nowhere: as long as
databases have such jobs, this name must lead to what they are to call.
"""

from forecast.schedule.trigger import fire as ring

__all__ = ["ring"]
