"""What the headline leans on beside the record, in sentences: judgement, and assumptions the record cannot settle."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass
