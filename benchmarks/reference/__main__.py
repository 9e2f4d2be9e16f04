"""The reference class of other dyads: its fit, the structures compared on it, and the priors made from it.

python -m benchmarks.reference            fit and comparison as Markdown, for docs/reference.md; four minutes
python -m benchmarks.reference --fit      the fit alone
python -m benchmarks.reference --write    indicators/cases/us_dprk/priors.toml, one minute
"""

import argparse

from benchmarks.reference.comparison import compare
from benchmarks.reference.markdown import show_comparison, show_fit, show_recovery
from benchmarks.reference.priors import FILE, write_priors
from benchmarks.reference.tables import read_tracks


def main() -> None:
    options = _options()
    if options.write:
        write_priors()
        print(f"written: {FILE}")
    elif options.recover:
        print(*show_recovery(read_tracks()), sep="\n")
    else:
        tracks = read_tracks()
        print(*show_fit(tracks), sep="\n")
        if not options.fit:
            print(*show_comparison(compare(tracks)), sep="\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--fit", action="store_true", help="the fit alone, as Markdown")
    one.add_argument("--recover", action="store_true", help="fit simulated records, as Markdown")
    one.add_argument("--write", action="store_true", help="write the priors of the shipped case")
    return parser.parse_args()


if __name__ == "__main__":
    main()
