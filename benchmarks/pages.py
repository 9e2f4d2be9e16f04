"""What `benchmarks.readme` makes beside answers: the page of commands, and the picture of the shipped backtest."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
COMMANDS, BACKTEST_PICTURE = ROOT / "docs" / "commands.md", ROOT / "docs" / "backtest.png"
HEADLINE = "arms_control_talks"
BACKTEST_NOTE = "strict backtest, not a track record"
_HEAD = """# Commands

`parley COMMAND --help` explains each one: its arguments, options and defaults. Almost all take `--json`, which prints
the same facts for other programs. A name in brackets is another name of the same command.
"""


def commands_page() -> str:
    """Every command under its heading, with its line of help, and the commands of a group below it."""
    from forecast.cli.lazy import SECTIONS, ListedGroup

    parts = [_HEAD]
    for heading, commands in SECTIONS.items():
        parts.append(f"\n## {heading}\n\n| command | what it does |\n|---|---|\n")
        for one in commands:
            alias = f" (`{one.alias}`)" if one.alias else ""
            parts.append(f"| `parley {one.name}`{alias} | {one.help} |\n")
            if isinstance(one, ListedGroup):
                parts += [f"| `parley {one.name} {inner.name}` | {inner.help} |\n" for inner in one.commands]
    return "".join(parts)


def backtest_picture() -> bytes:
    """What the shipped strict backtest said of the headline at each origin, and what came true, as PNG."""
    import xarray as xr

    from forecast.evaluation.figures import draw_timeline
    from forecast.evaluation.origins import from_dataset
    from forecast.evaluation.quality import SHIPPED_BACKTEST
    from forecast.plots.axes import SMALL
    from forecast.plots.style import GREY, as_png
    from forecast.plots.trust import timelines_figure

    backtest = from_dataset(xr.load_dataset(ROOT / "forecast" / SHIPPED_BACKTEST))
    timeline = draw_timeline(backtest, HEADLINE)
    assert timeline is not None
    figure = timelines_figure([timeline])
    figure.axes[0].set_title(BACKTEST_NOTE, loc="right", color=GREY, fontsize=SMALL, fontstyle="italic")
    return as_png(figure)
