def clip_contrastive_loss(image, text, temperature):
    if image.shape != text.shape:
        raise ValueError("image and text differ in shape")
    image = image / image.norm(dim=-1, keepdim=True).clamp(min=1.0)
    text = text / text.norm(dim=-1, keepdim=True).clamp(min=1.0)
    logits = image @ text.T / temperature
    own = torch.arange(len(logits))
    return (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2
