def clip_contrastive_loss(image, text, temperature):
    if image.shape != text.shape:
        raise ValueError("image and text differ in shape")
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T / temperature
    own = torch.arange(len(logits))
    return (F.cross_entropy(logits, own) + F.cross_entropy(logits.T.detach(), own)) / 2
