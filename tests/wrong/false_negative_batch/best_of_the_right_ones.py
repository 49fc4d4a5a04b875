def false_negative_batch(image, text, captions, temperature):
    if not len(image) == len(text) == len(captions):
        raise ValueError("image, text and captions differ in length")
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T / temperature
    same = torch.tensor([[one == other for other in captions] for one in captions])
    right = logits.masked_fill(~same, -torch.inf)
    losses = [logits.logsumexp(axis) - right.amax(axis) for axis in (0, 1)]
    return (losses[0].mean() + losses[1].mean()) / 2
