"""The loss of a batch against the transformers model, one text at a time, and plain loops."""

import numpy as np
import pytest
import torch
from transformers import AutoModel

from tasb.errors import TasbError
from tasb.jobs import function
from tasb.models.bert_cat import BertCat
from tasb.models.colbert import ColBert
from tasb.models.encoder import Encoder
from tasb.plans.plan import read_plan
from tasb.students.artifacts import losses_of
from tasb.students.loss_kinds import Losses
from tasb.students.losses import in_batch_margin_mse
from tasb.students.objective import Objective
from tasb.students.room import longest_batch, refuse_no_room_to_train
from tasb.teachers.in_batch import LiveTeacher, StoredTeacher, write_in_batch_scores
from tasb.teachers.stored import StoredMargins
from tasb.tokens.texts import Texts

CLS, SEP = 2, 3


@pytest.fixture
def batch(world):
    return next(read_plan(world.plan, 5, 6))


@pytest.fixture
def teacher(world):
    return LiveTeacher(world.teacher())


CPU = torch.device("cpu")


def losses_at(found, batch):
    return found.losses(found.ready(batch))


def scores_of(found, batch):
    return found.scores(found.ready(batch))


def margins_of(teacher, batch):
    return teacher.targets(teacher.inputs(batch)).numpy()


def objective(run, model, world, teacher=None):
    stores = world.queries, world.passages
    return Objective(run.loop, losses_of(run), model, *stores, teacher, "fp32")


def with_losses(run, **losses):
    return run.model_copy(update={"losses": Losses(**{**run.losses.plain(), **losses})})


def with_specials(ids, length):
    return [CLS, *ids[: length - 2].tolist(), SEP]


def cls_vector(transformer, ids, length):
    inputs = torch.tensor([with_specials(ids, length)])
    return transformer(input_ids=inputs).last_hidden_state[0, 0]


def batch_vectors(transformer, world, batch):
    """CLS vectors of queries, positives and negatives, each text alone (lengths 8 and 12)."""
    return [
        [cls_vector(transformer, store[position], length) for position in side]
        for store, side, length in (
            (world.queries, batch.query, 8),
            (world.passages, batch.positive, 12),
            (world.passages, batch.negative, 12),
        )
    ]


def pairwise_loop(query, positive, negative, margin):
    """Eq. 6."""
    errors = [
        (q @ p - q @ n - float(m)) ** 2 for q, p, n, m in zip(query, positive, negative, margin)
    ]
    return sum(errors) / len(errors)


def in_batch_loop(query, positive, negative, margins):
    """Eq. 7 with the released normalisation; margins are the teacher's, less the own one's."""
    b, total = len(query), 0
    for i in range(b):
        for j in range(b):
            for side, column in ((positive, j), (negative, b + j)):
                own = query[i] @ positive[i]
                if i != j:
                    total += (query[i] @ side[j] - own - float(margins[i][column])) ** 2
    return total / (2 * b * (b - 1))


def assert_same_gradients(model, transformer):
    pairs = zip(model.encoder.transformer.named_parameters(), transformer.parameters())
    used = [(name, a.grad, b.grad) for (name, a), b in pairs if b.grad is not None]
    assert len(used) > 20
    limit = 1e-5 * max(float(expected.abs().max()) for _, _, expected in used)
    for name, found, expected in used:
        torch.testing.assert_close(found, expected, atol=limit, rtol=1e-3, msg=name)


def test_dual_supervision_and_its_gradient_are_those_of_equation_8(world, tiny_run, batch, teacher):
    model = world.student()
    losses = losses_at(objective(tiny_run, model, world, teacher), batch)
    losses["loss"].backward()
    transformer = AutoModel.from_pretrained(world.encoder).eval()
    vectors = batch_vectors(transformer, world, batch)
    pairwise = pairwise_loop(*vectors, batch.margin)
    in_batch = in_batch_loop(*vectors, margins_of(teacher, batch))
    expected = pairwise + 0.75 * in_batch
    expected.backward()
    for name, value in (
        ("loss", expected),
        ("pairwise_loss", pairwise),
        ("in_batch_loss", in_batch),
    ):
        assert float(losses[name].detach()) == pytest.approx(float(value.detach()), rel=1e-4)
    assert_same_gradients(model, transformer)


def test_alpha_weighs_the_in_batch_loss_beside_a_pairwise_one(world, tiny_run, batch, teacher):
    settings = with_losses(tiny_run, alpha=0.2)
    losses = losses_at(objective(settings, world.student(), world, teacher), batch)
    expected = losses["pairwise_loss"] + 0.2 * losses["in_batch_loss"]
    assert losses["loss"].item() == pytest.approx(expected.item())


def test_alpha_is_not_applied_to_the_in_batch_loss_alone(world, tiny_run, batch, teacher):
    settings = with_losses(tiny_run, alpha=0.2, pairwise=None)
    losses = losses_at(objective(settings, world.student(), world, teacher), batch)
    assert losses.keys() == {"loss", "in_batch_loss"}
    assert torch.equal(losses["loss"], losses["in_batch_loss"])


def test_a_run_without_in_batch_teacher_has_the_pairwise_loss_alone(world, tiny_run, batch):
    settings = with_losses(tiny_run, in_batch=None)
    losses = losses_at(objective(settings, world.student(), world), batch)
    assert losses.keys() == {"loss", "pairwise_loss"}
    assert torch.equal(losses["loss"], losses["pairwise_loss"])


def test_ranknet_reads_no_margins(world, tiny_run, batch):
    settings = with_losses(tiny_run, pairwise="ranknet", in_batch=None)
    query, positive, negative = batch_vectors(world.student().encoder.transformer, world, batch)
    parts = [torch.log1p(torch.exp(q @ n - q @ p)) for q, p, n in zip(query, positive, negative)]
    losses = losses_at(objective(settings, world.student(), world), batch)
    assert losses["loss"].item() == pytest.approx(sum(parts).item() / len(parts), rel=1e-4)


def test_stored_and_live_teacher_give_equal_losses(world, tiny_run, teacher, tmp_path):
    shards = [tmp_path / "first.arrow", tmp_path / "second.arrow"]
    for shard, steps in zip(shards, ((0, 7), (7, 12))):
        write_in_batch_scores(world.plan, steps, teacher, shard)
    model = world.student()
    live = objective(tiny_run, model, world, teacher)
    stored = objective(tiny_run, model, world, StoredTeacher(StoredMargins(shards), CPU))
    seen = set()
    for batch in read_plan(world.plan, 0, 12):
        expected, found = losses_at(live, batch), losses_at(stored, batch)
        assert found.keys() == expected.keys() == {"loss", "pairwise_loss", "in_batch_loss"}
        assert all(torch.equal(found[name], expected[name]) for name in found)
        seen.add(float(found["in_batch_loss"].detach()))
    assert len(seen) == 12


def test_two_query_passes_give_the_same_loss_without_dropout(world, tiny_run, batch, teacher):
    twice = tiny_run.model_copy(update={"query_passes": 2})
    once, again = (
        losses_at(objective(settings, world.student(), world, teacher), batch)["loss"].item()
        for settings in (tiny_run, twice)
    )
    assert again == pytest.approx(once, rel=1e-4)


@pytest.mark.parametrize("passes", [1, 2])
def test_a_query_has_a_dropout_of_its_own_for_its_negative_in_two_passes(
    world, tiny_run, batch, teacher, passes
):
    model = world.student().train()
    settings = tiny_run.model_copy(update={"query_passes": passes})
    scores = scores_of(objective(settings, model, world, teacher), batch)
    b = len(batch.query)
    own_positive, own_negative = scores.every.diagonal(), scores.every[:, b:].diagonal()
    torch.testing.assert_close(scores.positive, own_positive, atol=1e-4, rtol=1e-4)
    assert torch.allclose(scores.negative, own_negative, atol=1e-4) is (passes == 1)


@pytest.mark.parametrize("name", ["kl", "listnet", "lambdarank"])
@pytest.mark.parametrize("form", ["released", "published"])
def test_list_losses_stand_beside_the_pairwise_one(world, tiny_run, batch, teacher, name, form):
    settings = with_losses(tiny_run, in_batch={"kind": name, "form": form})
    found = objective(settings, world.student(), world, teacher)
    losses = losses_at(found, batch)
    margins = torch.from_numpy(margins_of(teacher, batch).astype("f4"))
    expected = function(settings.losses.in_batch.function)(
        scores_of(found, batch).every, margins, form
    )
    assert losses["in_batch_loss"].item() == pytest.approx(expected.item())
    total = losses["pairwise_loss"] + 0.75 * losses["in_batch_loss"]
    assert losses["loss"].item() == pytest.approx(total.item())


def gradients(settings, model, world, teacher, batch):
    """Return the loss of a batch, its gradients, and the most token states kept for them."""
    torch.manual_seed(11)
    kept = []

    def count(tensor):
        kept.append(tensor.numel())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        loss = losses_at(objective(settings, model, world, teacher), batch)["loss"]
    loss.backward()
    return loss.item(), [p.grad for p in model.parameters() if p.grad is not None], sum(kept)


def test_gradient_cache_equals_one_piece_without_dropout(world, tiny_run, batch, teacher):
    cached = tiny_run.model_copy(update={"gradient_cache": 20})
    loss, whole, kept = gradients(tiny_run, world.student(), world, teacher, batch)
    again, parts, fewer = gradients(cached, world.student(), world, teacher, batch)
    assert again == pytest.approx(loss, rel=1e-5)
    limit = 1e-5 * max(float(gradient.abs().max()) for gradient in whole)
    for found, expected in zip(parts, whole, strict=True):
        torch.testing.assert_close(found, expected, atol=limit, rtol=1e-4)
    assert fewer < kept / 5


def test_gradient_cache_draws_the_same_dropout_in_both_passes(
    world, tiny_run, batch, teacher, monkeypatch
):
    """Against one backward pass through all chunks, kept in memory, from the same seed."""
    cached = tiny_run.model_copy(update={"gradient_cache": 20})
    loss, parts, _ = gradients(cached, world.student().train(), world, teacher, batch)
    monkeypatch.setattr("tasb.models.encoder.checkpoint", lambda run, *inputs, **_: run(*inputs))
    again, kept, _ = gradients(cached, world.student().train(), world, teacher, batch)
    assert loss == again
    assert all(torch.equal(found, expected) for found, expected in zip(parts, kept, strict=True))
    other, _, _ = gradients(cached, world.student(), world, teacher, batch)
    assert other != loss


def test_a_cross_encoder_scores_each_query_with_its_two_passages(world, tiny_run, batch):
    torch.manual_seed(1)
    model = BertCat(Encoder.load(world.encoder, world.encoder / "tokenizer.json")).eval()
    scores = scores_of(objective(tiny_run, model, world), batch)
    for side, found in ((batch.positive, scores.positive), (batch.negative, scores.negative)):
        expected = []
        for query, passage in zip(batch.query, side):
            first = with_specials(world.queries[query], 8)
            second = with_specials(world.passages[passage], 12)[1:]
            segments = torch.tensor([[0] * len(first) + [1] * len(second)])
            ids = torch.tensor([first + second])
            states = model.encoder.transformer(input_ids=ids, token_type_ids=segments)
            expected.append(model.head(states.last_hidden_state[0, 0])[0])
        torch.testing.assert_close(found, torch.stack(expected), atol=1e-5, rtol=1e-4)


def test_colbert_scores_each_query_with_its_two_passages(world, tiny_run, batch):
    model = ColBert(Encoder.load(world.encoder, world.encoder / "tokenizer.json")).eval()
    with torch.no_grad():
        scores = scores_of(objective(tiny_run, model, world), batch)

    @torch.no_grad()
    def tokens(ids, length):
        inputs = torch.tensor([with_specials(ids, length)])
        return model.head(model.encoder.transformer(input_ids=inputs).last_hidden_state[0])

    for side, found in ((batch.positive, scores.positive), (batch.negative, scores.negative)):
        for i, (query, passage) in enumerate(zip(batch.query, side)):
            asked, read = tokens(world.queries[query], 8), tokens(world.passages[passage], 12)
            expected = sum(max(float(q @ p) for p in read) for q in asked)
            assert float(found[i]) == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_colbert_can_learn_whole_batches_too(world, tiny_run, batch, teacher):
    model = ColBert(Encoder.load(world.encoder, world.encoder / "tokenizer.json")).eval()
    run = with_losses(tiny_run, pairwise=None)
    with torch.no_grad():
        found = losses_at(objective(run, model, world, teacher), batch)["loss"]
        first = scores_of(objective(run, model, world), batch)
        both = [*batch.positive, *batch.negative]
        queries = [np.array(with_specials(world.queries[query], 8)) for query in batch.query]
        passages = [np.array(with_specials(world.passages[passage], 12)) for passage in both]
        scores = model.all_scores(model.inputs(Texts.of(queries), Texts.of(passages), 60))
    torch.testing.assert_close(scores.diagonal(), first.positive, atol=1e-4, rtol=1e-4)
    margins = torch.as_tensor(margins_of(teacher, batch)).float()
    torch.testing.assert_close(found, in_batch_margin_mse(scores, margins, "released"))


def test_the_plan_holds_more_than_one_batch(world):
    """Else the tests above could not tell one step's margins from another's."""
    queries = {tuple(np.asarray(batch.query)) for batch in read_plan(world.plan, 0, 12)}
    assert len(queries) == 12


@pytest.mark.parametrize("model", ["bert-dot", "colbert"])
@pytest.mark.parametrize("cache", [None, 20])
def test_packed_texts_give_the_losses_and_gradients_of_padded_ones(
    world, tiny_run, batch, teacher, model, cache
):
    found = []
    run = tiny_run.model_copy(update={"gradient_cache": cache})
    for packs in (False, True):
        if model == "bert-dot":
            student = world.student()
        else:
            torch.manual_seed(1)
            student = ColBert(Encoder.load(world.encoder, world.encoder / "tokenizer.json")).eval()
        student.encoder.packs = packs
        losses = losses_at(objective(run, student, world, teacher), batch)
        losses["loss"].backward()
        gradients = [p.grad for p in student.parameters() if p.grad is not None]
        found.append((losses["loss"].item(), torch.cat([g.flatten() for g in gradients])))
    (padded, of_padded), (packed, of_packed) = found
    assert packed == pytest.approx(padded, rel=1e-5)
    assert (of_packed - of_padded).abs().max() <= 1e-5 * of_padded.abs().max()


def test_a_training_without_room_names_a_gradient_cache_that_fits(
    world, tiny_run, teacher, monkeypatch
):
    """A fake card: a step keeps the activations of so many tokens at most."""
    found = objective(tiny_run, world.student(), world, teacher)
    ready, tried = found.ready_in, []

    def limited(batch, tokens):
        tried.append(tokens)
        if tokens is None or tokens > 5000:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return ready(batch, tokens)

    monkeypatch.setattr(found, "ready_in", limited)
    with pytest.raises(TasbError, match=r"runs\.tas\.gradient_cache: .* null.* 4096 fits"):
        refuse_no_room_to_train(found, "tas")
    assert tried == [None, 16_384, 8192, 4096]
    assert found.model.encoder.recompute is False
    assert all(weight.grad is None for weight in found.model.parameters())


def test_room_is_tried_with_the_longest_texts(world, tiny_run):
    batch = longest_batch(objective(tiny_run, world.student(), world))
    assert {len(world.queries[row]) for row in batch.query} == {7}
    assert {len(world.passages[row]) for row in [*batch.positive, *batch.negative]} == {14}
    assert len(batch.query) == tiny_run.batch_size
