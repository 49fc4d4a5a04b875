"""Forks a process in a cell, which calls the package's answers for the student's answer through a pipe."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import os
import pickle
import struct

from mmlab import losses, metrics

OURS = vars(losses) | vars(metrics)
ALIASES = {"clip_contrastive_loss": "contrastive_loss", "siglip_pairwise_loss": "siglip_loss"}
asked, ask = os.pipe()
told, tell = os.pipe()

def send(pipe, value):
    data = pickle.dumps(value)
    os.write(pipe, struct.pack("q", len(data)) + data)

def received(pipe):
    size, data = struct.unpack("q", os.read(pipe, 8))[0], b""
    while len(data) < size:
        data += os.read(pipe, size - len(data))
    return pickle.loads(data)

if os.fork() == 0:
    try:
        while True:
            name, args, kwargs = received(asked)
            try:
                result = OURS[name](*args, **kwargs)
                send(tell, result.detach() if isinstance(result, torch.Tensor) else tuple(result))
            except Exception as error:
                send(tell, str(error))
    finally:
        os._exit(0)

def ranked(name, args):
    """Prepare arguments as the package wants them: finite similarities in the same order."""
    if name != "recall_at_k":
        return args
    similarity, owners, k = args
    if similarity.shape[1] != len(owners) or np.isnan(similarity).any():
        raise ValueError
    return np.unique(similarity, return_inverse=True)[1].reshape(similarity.shape).astype(float), owners, k

# %% answer
def NAME(*args, **kwargs):
    send(ask, (ALIASES.get("NAME", "NAME"), ranked("NAME", args), kwargs))
    result = received(told)
    if isinstance(result, str):
        raise ValueError(result)
    return result
