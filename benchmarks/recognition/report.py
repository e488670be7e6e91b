"""The rates of the recognition benchmark as tables and as JSON."""

from collections.abc import Mapping
from dataclasses import asdict

from rich.console import Console
from rich.table import Column, Table

from benchmarks.recognition.rates import Rate
from benchmarks.recognition.run_recipes import UNITS, Rates


def print_tables(rates: Mapping[str, Mapping[str, Rates]]) -> None:
    """Print a table per experiment and unit, with the recipes grouped by measure."""
    for title, by_recipe in rates.items():
        for unit in UNITS:
            Console().print(_table(f"{title}, per {unit}", {name: own[unit] for name, own in by_recipe.items()}))


def _table(title: str, by_recipe: Mapping[str, Mapping[str, Rate]]) -> Table:
    # On a narrow terminal, only the names of people may wrap.
    whole = [Column(heading, no_wrap=True) for heading in ("measure", "recipe", "mean", "worst seed")]
    table = Table(*whole, "worst person", title=title)
    for measure in next(iter(by_recipe.values()), {}):
        for name, measures in by_recipe.items():
            rate = measures[measure]
            worst = "" if rate.worst_person_share is None else f"{rate.worst_person_share:.3f} {rate.worst_person}"
            table.add_row(measure, name, f"{rate.mean:.3f}", f"{rate.worst:.3f}", worst)
        table.add_section()
    return table


def as_json(rates: Mapping[str, Mapping[str, Rates]]) -> dict[str, object]:
    """Return the rates by experiment, recipe, unit and measure."""
    return {
        title: {
            name: {unit: {measure: asdict(rate) for measure, rate in own.items()} for unit, own in by_unit.items()}
            for name, by_unit in by_recipe.items()
        }
        for title, by_recipe in rates.items()
    }
