import pytest
from pydantic import ValidationError

from tasb.students.config import Training


@pytest.mark.parametrize(("batch_size", "live"), [(32, False), (96, True), (256, True)])
def test_scores_of_the_papers_batch_sizes_are_stored_up_to_ten_gigabytes(batch_size, live):
    """3.3, 29 and 210 GB over 800,000 steps."""
    assert Training(batch_size=batch_size).live is live


def test_the_size_limit_is_on_bytes_of_fp16_scores():
    settings = {"batch_size": 32, "steps": 800_000}
    assert Training(**settings, stored_gigabytes=3.28).live is False
    assert Training(**settings, stored_gigabytes=3.27).live is True


@pytest.mark.parametrize(("scores", "live"), [("stored", False), ("live", True)])
def test_the_source_of_the_scores_can_be_chosen(scores, live):
    assert Training(in_batch_scores=scores, batch_size=256, stored_gigabytes=0).live is live
    assert Training(in_batch_scores=scores, batch_size=2).live is live


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"clusters_per_batch": 33}, "clusters_per_batch is larger than batch_size"),
        ({"pairwise_loss": "none"}, "both 'none'"),
        (
            {"model": "bert_cat", "in_batch_loss": "margin-mse", "early_stopping": None},
            "'bert_cat' cannot be taught in-batch",
        ),
        ({"model": "colbert"}, "'colbert' needs early_stopping: null"),
        ({"margins": None}, "'margin-mse' needs 'margins'"),
        (
            {"margins": None, "pairwise_loss": "ranknet", "sampler": "tas-balanced"},
            "'tas-balanced' needs 'margins'",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused_with_the_key(settings, message):
    with pytest.raises(ValidationError, match=message):
        Training(**settings)
