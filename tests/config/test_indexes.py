"""Which Faiss indexes a system may have, and what is set of their search."""

import pytest


@pytest.mark.parametrize(
    "index",
    ["Flat", "IVF1024,PQ64", "HNSW32", "HNSW32,Flat", "OPQ16_64,IVF1024,PQ16x4fs,RFlat", "SQ8",
     "IVF65536_HNSW32,Flat", "PCAR64,SQfp16", "IVF16(HNSW8),SQ4", "RQ4x4", "PQ8,Refine(SQ8)"],
)  # fmt: skip
def test_what_ranks_by_inner_product_is_allowed(loaded, index):
    assert loaded("systems.untrained.index", index).config.systems["untrained"].index == index


@pytest.mark.parametrize(
    "index",
    ["HNSW32_PQ4", "LSH", "IMI2x8,Flat", "IDMap,Flat", "IVF0,Flat", "flat", "IVF16,QP8", "Flat,",
     "", "IDMap2,HNSW32", "OPQ16_64,HNSW32_PQ8", "ITQ32,LSH", "ZnLattice4x10_6"],
)  # fmt: skip
def test_anything_else_is_refused_before_a_job_runs(refusal, index):
    message = refusal("systems.untrained.index", index)
    assert message.startswith("config: systems.untrained.index: no index of Faiss that ranks by")


def test_a_setting_of_another_kind_of_index_is_refused(refusal):
    message = refusal("systems.untrained.nprobe", 4)
    assert message == "config: systems.untrained: nprobe: for an IVF index; index is 'Flat'"
    message = refusal("systems.untrained.ef_search", 4)
    assert message == "config: systems.untrained: ef_search: for an HNSW index; index is 'Flat'"


def test_a_setting_of_the_search_trains_no_index(loaded):
    few, many = (
        loaded("systems.untrained", {"kind": "checkpoint", "encoder": "minilm",
                                     "index": "IVF16,Flat", "nprobe": nprobe})
        for nprobe in (1, 4)
    )  # fmt: skip
    assert few.index("untrained").recipe == many.index("untrained").recipe
    assert few.search("untrained").recipe != many.search("untrained").recipe
