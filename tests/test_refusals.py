"""Each row of docs/data.md's table of refusals is run by a test, which is named here."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
BY_ROW = {
    "unknown key, wrong type": "config/test_load::an_unknown_key_is_one_line",
    "a key twice": "config/test_early::a_key_that_a_file_gives_twice_is_refused",
    "a name with other signs": "config/test_names::a_name_that_is_no_part_of_a_path",
    "a metric, statistic": "config/test_early::it_is_refused_with_its_key",
    "a generation that would": "config/test_generations::what_cannot_be_is_one_line_with_its_key",
    "steps that make more": "config/test_early::it_is_refused_with_its_key",
    "an index of Faiss": "config/test_indexes::anything_else_is_refused_before_a_job_runs",
    "another folder": "workflow/test_stale::another_folder_than_the_checkout_is_refused",
    "missing; no permission": "collection/test_text::a_file_that_cannot_be_opened_is_one_line",
    "a blank line": "collection/test_text::empty_texts_and_blank_lines_are_let_pass",
    "a reported query set": "collection/test_collection_config::reported_queries_choose_nothing",
    "reported queries among": "collection/test_shared::they_are_refused_by_name",
    "no tab": "collection/test_text::a_bad_text_is_refused_with_file_line_and_reason",
    "empty text": "collection/test_text::empty_texts_and_blank_lines_are_let_pass",
    "no term for BM25": "lexical/test_bm25::passages_without_any_term_are_refused",
    "not four fields": "collection/test_text::a_bad_judgment_is_refused",
    "a judgment that says": "collection/test_tables::a_judgment_that_is_repeated_is_left_out",
    "a query or passage": "collection/test_tables::a_judgment_of_an_unknown_passage_is_refused",
    "`exclude` leaves": "collection/test_tables::excluding_every_query_is_refused",
    "none has a relevant": "collection/test_split::a_training_set_without_relevant_passages",
    "not 3 or 5 fields": "collection/test_pairs::a_bad_pair_is_refused_with_file_line",
    "three fields, and": "plans/test_plan::pairs_that_must_carry_scores_and_have_none",
    "fewer training queries": "plans/test_plan::a_batch_larger_than_the_training_set",
    "`k` above": "clusters/test_kmeans::more_clusters_than_queries_are_an_error",
    "a line too many": "lexical/test_expansions::columns_of_another_collection_are_refused",
    "a passage twice": "rankings/test_rerank::a_passage_twice_is_refused_with_the_way_out",
    "no query with a negative": "mining/test_choose::a_declaration_that_leaves_no_pair_is_refused",
    "fewer vectors than": "vectors/test_index::fewer_vectors_than_centroids_are_refused",
    "not as many vectors": "students/test_search_training::vectors_that_are_gone_are_refused",
    "no address gives": "collection/test_download::what_is_not_the_file_is_one_line",
    "file missing, damaged": "encoders/test_check::a_damaged_file_is_named",
    "a weight missing": "encoders/test_check::one_missing_weight_is_refused_by_name",
    "lengths beyond": "encoders/test_check::texts_longer_than_the_positions_are_refused",
    "`frozen_layers` not": "models/test_layers::layers_of_an_unlisted_architecture",
    "a run without vectors": "config/test_references::a_model_is_refused_where_its_scores",
    "not six fields": "rankings/test_trec::a_malformed_line_is_an_error_with_its_number",
    "ranks against scores": "rankings/test_trec::a_fault_is_an_error_with_its_line_and_the_repair",
    "a digest that is not": "test_origin::a_flipped_bit_is_named_with_the_way_out",
}
"""The beginning of a row's second column, and that of the test's name in its file."""


def test_each_row_has_a_test_that_exists():
    page = (TESTS.parent / "docs" / "data.md").read_text(encoding="utf-8")
    table = page.partition("| In | Refused | Way out |\n")[2].partition("\n\n")[0]
    rows = [line.split("|")[2].strip() for line in table.splitlines()[1:]]
    assert len(rows) == len(BY_ROW)
    for row, (beginning, test) in zip(rows, BY_ROW.items()):
        assert row.startswith(beginning)
        file, _, name = test.partition("::")
        text = (TESTS / f"{file}.py").read_text(encoding="utf-8")
        assert re.search(rf"^def test_{name}\w*\(", text, re.M), test
