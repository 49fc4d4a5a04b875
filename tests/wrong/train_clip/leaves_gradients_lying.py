def train_clip(image, text, *, image_projection, text_projection, steps, learning_rate):
    image_weight = nn.Parameter(image_projection.clone())
    text_weight = nn.Parameter(text_projection.clone())
    log_scale = nn.Parameter(torch.zeros(()))
    optimiser = torch.optim.Adam([image_weight, text_weight, log_scale], lr=learning_rate)

    def logits(image, text):
        image = F.normalize(image @ image_weight, dim=-1)
        return log_scale.exp() * image @ F.normalize(text @ text_weight, dim=-1).T

    own = torch.arange(len(image))
    for _ in range(steps):
        scores = logits(image, text)
        loss = (F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own)) / 2
        loss.backward()
        optimiser.step()
    return lambda image, text: logits(image, text).softmax(dim=1)
