"""`python -m ops.pages` writes what the pages have from the code; `--check` names the stale pages instead."""

import sys

import click

from ops.pages.fill import ROOT, PageError, wanted


@click.command(help=__doc__)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 and one line for each stale page.")
def main(check: bool) -> None:
    """Exits with 1 where `--check` finds a stale page, or a page has markers that nothing can be written between."""
    try:
        stale = [(page, text) for page, text in wanted(ROOT).items() if page.read_text(encoding="utf-8") != text]
    except PageError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    for page, text in stale:
        name = page.relative_to(ROOT)
        click.echo(f"{name}: is not what the code says; run make docs" if check else f"{name}: written")
        if not check:
            page.write_text(text, encoding="utf-8")
    sys.exit(int(check and bool(stale)))


if __name__ == "__main__":
    main()
