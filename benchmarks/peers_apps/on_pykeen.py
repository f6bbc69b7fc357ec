"""PyKEEN: one model on one split, all answers told apart at once, in both directions, selected on validation.

Arguments: the files of training, validation and test, the places of source, relation and target in a line, the model, the seed,
and the most epochs. Prints MRR and Hits@K, filtered, of both ends with ties by their mean rank, and the seconds.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from pykeen.pipeline import pipeline
from pykeen.triples import TriplesFactory

torch.set_num_threads(1)
*files, columns, model, seed, epochs = sys.argv[1:]
places = [int(place) for place in columns.split(",")]
rows = [np.array([line.split("\t") for line in Path(file).read_text().splitlines()])[:, places] for file in files]
training = TriplesFactory.from_labeled_triples(rows[0], create_inverse_triples=True)
others = [
    TriplesFactory.from_labeled_triples(
        part, entity_to_id=training.entity_to_id, relation_to_id=training.relation_to_id
    )
    for part in rows[1:]
]
started = time.perf_counter()
result = pipeline(
    training=training,
    validation=others[0],
    testing=others[1],
    model=model,
    model_kwargs={
        "embedding_dim": 256,
        "entity_initializer": "xavier_normal",  # with its default, variance 1, a softmax is saturated from the first step on
        "relation_initializer": "xavier_normal",
    },
    loss="CrossEntropyLoss",
    optimizer="Adam",
    optimizer_kwargs={"lr": 0.01},
    training_loop="LCWA",
    training_kwargs={"num_epochs": int(epochs), "batch_size": 512, "use_tqdm": False},
    stopper="early",
    stopper_kwargs={
        "frequency": 5,
        "patience": 6,
        "relative_delta": 0.0001,
        "metric": "both.realistic.inverse_harmonic_mean_rank",
    },
    evaluation_kwargs={"use_tqdm": False},
    random_seed=int(seed),
    device="cpu",
)
seconds = time.perf_counter() - started
measured = {"mrr": result.get_metric("both.realistic.inverse_harmonic_mean_rank")}
measured |= {f"hits@{k}": result.get_metric(f"both.realistic.hits_at_{k}") for k in (1, 3, 10)}
print(json.dumps({name: float(value) for name, value in measured.items()} | {"seconds": seconds}))
