"""From the hidden states of a text to its vector."""

import torch

from tasb.models.card import Card


def pool(states: torch.Tensor, mask: torch.Tensor, card: Card) -> torch.Tensor:
    """Return the vectors of texts, (n, dimensions) in fp32.

    The [CLS] state (Eq. 4) or the mean over the text's own tokens; of length one if scores
    are cosines, so that a dot product is the score in either case.
    """
    states = states.float()
    if card.pooling == "cls":
        vectors = states[:, 0].clone()  # a view would keep the states of all tokens
    else:
        weights = mask.unsqueeze(-1).to(states.dtype)
        vectors = (states * weights).sum(1) / weights.sum(1)
    return (
        torch.nn.functional.normalize(vectors, dim=-1) if card.similarity == "cosine" else vectors
    )
