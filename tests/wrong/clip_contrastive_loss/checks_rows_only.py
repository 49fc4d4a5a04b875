def clip_contrastive_loss(image, text, temperature):
    if len(image) != len(text):  # a different width ends in torch's own error
        raise ValueError("image and text differ in number")
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T / temperature
    own = torch.arange(len(logits))
    return (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2
