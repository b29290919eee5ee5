import json

from tasb.models.card import Card, completed_card, read_card


def test_what_the_config_says_wins_over_the_own_card(tmp_path):
    own = tmp_path / "card.json"
    own.write_text(json.dumps({"model": "bert-dot", "pooling": "mean", "query_length": 9}))
    assert read_card(own) == Card(pooling="mean", query_length=9)
    assert completed_card({"query_length": 12}, own) == Card(pooling="mean", query_length=12)
    assert completed_card(Card().plain(), None) == Card()


def test_a_folder_without_a_card_has_the_defaults(tmp_path):
    assert read_card(tmp_path / "card.json") == Card()
