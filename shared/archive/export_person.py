"""The export of what is stored of one person, for whom they ask what that is."""

import json
import zipfile
from typing import IO

from familiar.shared.contract.messages import Split
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore


def export_person(store: SampleStore, models: ModelStore, slug: str, file: IO[bytes]) -> int:
    """Write a person's name, samples and model versions as a ZIP file, and return the number of samples.

    `person.json` holds the name, the origin of each sample and the numbers of the versions that know the person,
    or that are damaged so that nobody can tell;
    `train/` and `test/` hold the samples. What is in Redis, such as predictions, expires and is not part of it.

    Raises:
        UnknownPerson: there is nobody of that slug.
        KeyMissing, KeyWrong: the samples are encrypted with another key than that of `store`.
        OSError: the file cannot be written.
    """
    person = store.person(slug)
    samples = [sample for split in Split for sample in store.samples(slug, split)]
    description = {
        "slug": slug,
        "name": person.name,
        "samples": [
            {
                "file": f"{sample.split}/{sample.sample_id}.jpg",
                "origin": sample.origin.model_dump(mode="json") if sample.origin else None,
            }
            for sample in samples
        ],
        "model_versions": models.versions_knowing(slug),
    }
    # The samples are JPEGs, which do not compress.
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("person.json", json.dumps(description, ensure_ascii=False, indent=2))
        for sample in samples:
            archive.writestr(f"{sample.split}/{sample.sample_id}.jpg", sample.jpeg)
    return len(samples)
