"""The reference class of other dyads: its fit, and the priors of the shipped case made from it.

python -m benchmarks.reference            the fit, as Markdown
python -m benchmarks.reference --write    indicators/cases/us_dprk/priors.toml
"""

import argparse

from benchmarks.reference.priors import write_priors


def main() -> None:
    if _options().write:
        write_priors()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the priors of the shipped case")
    return parser.parse_args()


if __name__ == "__main__":
    main()
