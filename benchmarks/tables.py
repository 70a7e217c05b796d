"""What the parts of the benchmark share: the one option, and tables in Markdown with their limits."""

import argparse


def smoke():
    """Whether --smoke was given."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--smoke", action="store_true", help="tiny sizes, only to see that it runs")
    return parser.parse_args().smoke


def table(title, heads, rows):
    """Print a table; the first column is text, the others are numbers already written out."""
    print(f"\n### {title}\n")
    print(f"| {' | '.join(heads)} |")
    print(f"|---|{'---:|' * (len(heads) - 1)}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |", flush=True)


def held(text, within):
    """A number as it stands in a table: bold where it is beyond its limit."""
    return text if within else f"**{text}**"
