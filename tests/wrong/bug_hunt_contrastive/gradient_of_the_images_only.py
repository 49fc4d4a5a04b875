def bug_hunt_contrastive(loss):
    generator = torch.Generator().manual_seed(0)
    for size, temperature in ((3, 0.3), (5, 1.5)):
        image = (3 * torch.randn(size, 4, generator=generator)).requires_grad_()
        text = torch.randn(size, 4, generator=generator).requires_grad_()
        logits = F.normalize(image, dim=1) @ F.normalize(text, dim=1).T / temperature
        own = torch.arange(size)
        expected = (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2
        value = loss(image, text, temperature)
        assert abs(value.item() - expected.item()) < 1e-4
        for tower in (image,):
            (gradient,) = torch.autograd.grad(value, [tower], retain_graph=True, allow_unused=True)
            assert gradient is not None and gradient.abs().sum() > 0
