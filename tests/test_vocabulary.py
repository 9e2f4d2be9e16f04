"""One list of each: what the tables hold, what a case may say and what the mathematics indexes agree."""

from db import kinds
from forecast.words.language import LANGUAGES
from indicators import content
from models import spec


def test_the_mathematics_counts_framings_and_targets_by_the_names_of_the_data() -> None:
    """`models` imports nothing of ours, so it has names of its own for what its arrays are indexed by."""
    assert spec.FRAMINGS == content.FRAMINGS
    assert set(spec.TARGETS) == set(content.TARGETS)


def test_every_language_names_every_kind_of_run_target_and_event() -> None:
    for language in LANGUAGES.values():
        labels = language.labels
        assert set(labels.kinds) == set(kinds.RUN_KINDS)
        assert set(labels.targets) == set(content.TARGETS)
        assert set(labels.events) >= set(content.EVENT_TYPES) - {"talks"}
