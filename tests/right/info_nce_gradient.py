"""Right answers to info_nce_gradient that are written in unusual ways."""

import numpy as np
import torch
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer


def jacobian_of_the_softmax(cosines, temperature):
    images, captions = cosines.shape
    if captions < images:
        raise ValueError("one caption for each image")
    gradient = np.empty((images, captions))
    for i in range(images):
        p = np.exp((cosines[i] - cosines[i].max()) / temperature)
        p /= p.sum()
        gradient[i] = p  # the loss is logsumexp minus the right logit
        gradient[i, i] = -np.delete(p, i).sum()
    gradient /= images * temperature
    return gradient, float(-np.einsum("ij,ij->", gradient, cosines) / temperature)


def softmax_of_torch(cosines, temperature):
    if len(cosines.T) < len(cosines):
        raise ValueError("one caption for each image")
    given = torch.tensor(cosines)
    p = F.softmax(given / temperature, dim=1)
    target = F.one_hot(torch.arange(len(given)), given.shape[1])
    by_logit = (p - target) / len(given)
    return (by_logit / temperature).numpy(), (by_logit * given).sum().item() / -(temperature**2)


def expected_cosine(cosines, temperature):
    if cosines.shape[0] > cosines.shape[1]:
        raise ValueError("one caption for each image")
    shifted = (cosines - cosines.max(1)[:, None]) * (1 / temperature)
    p = np.exp(shifted - np.log(np.exp(shifted).sum(1))[:, None])
    gradient = p.copy()
    rows = np.arange(len(p))
    gradient[rows, rows] -= 1
    own, mean = cosines[rows, rows], (p * cosines).sum(1)
    return gradient / (len(p) * temperature), np.mean(own - mean) / temperature**2


ANSWERS = (
    Answer("jacobian_of_the_softmax", jacobian_of_the_softmax, "row by row, without p − 1"),
    Answer("softmax_of_torch", softmax_of_torch, "torch's softmax, no autograd"),
    Answer("expected_cosine", expected_cosine, "dL/dT as own cosine minus expected cosine"),
)
