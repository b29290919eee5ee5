import pytest


def fused(*systems, **keys):
    return {"kind": "fuse", "systems": list(systems), **keys}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            fused("bm25", "dual-tsa"),
            "systems.x.systems[1]: unknown system or run 'dual-tsa'; did you mean 'dual-tas'?",
        ),
        (
            fused("bm25", "colbert"),
            "systems.x.systems[1]: run 'colbert' is of model 'colbert': no vectors; "
            "use it to re-rank, in a system of kind 'rerank'",
        ),
        (fused("bm25"), "systems.x.systems: at least 2 entries are needed"),
        (fused("bm25", "x"), "systems.x: references form a cycle: systems.x -> systems.x"),
        (
            fused("bm25", "baseline", "dual-tas"),
            "systems.x: systems: a weighted sum has two, found 3; "
            "'method: reciprocal-rank' joins any number",
        ),
        (fused("bm25", "baseline", metric="bleu"), "systems.x.metric: a text like"),
        (fused("bm25", "baseline", alpha=-1), "systems.x.alpha: a number from 0.0 on is needed"),
    ],
)
def test_a_fusion_names_rankings_that_can_be_joined(refusal, value, message):
    assert refusal("systems.x", value).startswith(f"config: {message}")
