"""The tree that the documentation shows is the tree."""

from tests.builders import ROOT, block_after


def test_the_tree_names_every_file_and_no_other() -> None:
    """A file that is added, renamed or deleted changes ARCHITECTURE.md in the same commit."""
    named = set()
    folder = ""
    for line in block_after("tree").splitlines():
        word, comment = line.split(maxsplit=1)
        assert comment
        if word.endswith("/"):
            folder = word
        else:
            named.add(folder + word)
    present = {
        str(path.relative_to(ROOT))
        for top in ("services", "shared", "cli", "benchmarks")
        for path in (ROOT / top).rglob("*.*")
        if path.suffix in {".py", ".js"} and path.name != "__init__.py"
    }
    assert named == present
