def siglip_pairwise_loss(image, text, scale, bias):
    if image.shape != text.shape:
        raise ValueError("image and text differ in shape")
    logits = scale * F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T + bias
    own = torch.eye(len(logits), dtype=torch.bool)
    return -F.logsigmoid(logits[own]).mean() - F.logsigmoid(-logits[~own]).mean()
