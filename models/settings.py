"""How to sample."""

from dataclasses import dataclass

SAMPLERS = ("nutpie", "pymc")


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerSettings:
    """Draws and tuning are per chain."""

    chains: int = 4
    draws: int = 1000
    tune: int = 500
    target_accept: float = 0.8
    cores: int = 2
    sampler: str = "nutpie"
